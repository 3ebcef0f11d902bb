"""Diagnoses, stored beside their patient."""
