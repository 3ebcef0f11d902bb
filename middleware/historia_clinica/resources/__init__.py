"""One folder for each resource, the same three files in each: routes, schemas, repository. None imports another."""
