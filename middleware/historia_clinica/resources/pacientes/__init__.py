"""Patients, each on the node that its cédula chooses."""
