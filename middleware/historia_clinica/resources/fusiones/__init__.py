"""One person under two numbers: merged, and separated again."""
