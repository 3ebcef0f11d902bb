"""Measurements of a patient, stored beside the patient."""
