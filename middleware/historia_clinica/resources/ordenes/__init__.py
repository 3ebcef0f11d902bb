"""Orders of examinations and procedures, stored beside their patient."""
