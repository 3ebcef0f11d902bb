"""Passwords, tokens and sessions: how somebody shows who he is. No web framework."""
