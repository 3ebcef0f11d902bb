"""Whether the audit is as it was written: chains of rows, and seals of their heads. No database."""
