"""What every resource needs of HTTP: problems, request ids, headers, strict bodies, pages. No SQL."""
