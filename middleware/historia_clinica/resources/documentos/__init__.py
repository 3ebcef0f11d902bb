"""Small documents of a patient, stored beside the patient; their content never changes."""
