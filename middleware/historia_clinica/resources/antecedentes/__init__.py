"""What a patient or the family had before, stored beside the patient."""
