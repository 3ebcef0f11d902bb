"""Vocabularies and their concepts, the same on every node; the hooks load them, here they are only read."""
