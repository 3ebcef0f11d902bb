"""Allergies, or that none is known; stored beside their patient."""
