"""Sapper: the firmware of a detector rover. File names are the parts list; docs/architecture.md is the map."""
