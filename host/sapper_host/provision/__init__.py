"""A new board made a named one of the team: name, keys, settings, self-test, record. Imports `connected` and below."""
