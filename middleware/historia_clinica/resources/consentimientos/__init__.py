"""What patients allow and deny, to whom and what for; what is denied is kept from whoever it names."""
