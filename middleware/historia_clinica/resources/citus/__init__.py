"""The worker nodes, as the coordinator knows them."""
