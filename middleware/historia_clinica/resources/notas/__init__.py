"""Clinical notes, stored beside their patient: drafts until they are signed, and then as they are."""
