"""What was done with a patient's record: for who audits it, and for the patient."""
