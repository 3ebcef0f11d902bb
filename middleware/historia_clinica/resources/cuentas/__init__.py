"""Accounts: which users may enter, and what for. Made and changed by an administrator."""
