"""The users of the seed, for its path only."""
