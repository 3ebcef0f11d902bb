"""Records whose routes are all alike: declared once, with SQL and routes made from the declaration."""
