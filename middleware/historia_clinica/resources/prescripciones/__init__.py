"""Prescriptions, stored beside their patient."""
