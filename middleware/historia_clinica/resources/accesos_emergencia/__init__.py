"""Who opened a patient's record without a treatment relation, and what was found when that was reviewed."""
