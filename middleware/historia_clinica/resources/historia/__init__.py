"""All of one patient at once."""
