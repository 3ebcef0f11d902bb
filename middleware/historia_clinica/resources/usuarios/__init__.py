"""Users of the system, each by a document; the list of the seed beside them."""
