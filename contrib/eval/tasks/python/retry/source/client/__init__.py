"""A client of a service that is not always there."""
