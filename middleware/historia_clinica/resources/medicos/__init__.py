"""Physicians, the same on every node."""
