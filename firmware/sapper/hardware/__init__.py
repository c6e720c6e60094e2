"""The board's parts, each behind a class of its name: the only room that knows pins and registers. Imports `shared`."""
