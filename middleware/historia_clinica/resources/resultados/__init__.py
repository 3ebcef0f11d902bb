"""Results of examinations, stored beside their patient."""
