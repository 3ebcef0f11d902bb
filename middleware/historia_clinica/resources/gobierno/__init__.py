"""How the data are governed: the access matrix as it is in force."""
