"""What is kept of each request, and how it is chained. No web framework."""
