"""Consultations, stored beside their patient."""
