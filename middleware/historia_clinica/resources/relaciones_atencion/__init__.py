"""Which users attend a patient: what most rows of the access matrix ask."""
