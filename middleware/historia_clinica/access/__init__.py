"""Who asks, and what that person may do. Pure: no web framework, no database."""
