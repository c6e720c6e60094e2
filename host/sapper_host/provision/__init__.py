"""A new board made a named one of the team: name, keys, settings, self-test, record. Imports `board` and below."""
