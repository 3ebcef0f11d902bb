"""The cluster for whoever looks after it: nodes, balance, moves, and where a patient lies."""
