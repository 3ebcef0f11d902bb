"""What the service is and how its database is."""
