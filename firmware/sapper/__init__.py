"""Sapper: the firmware of a detector rover. `run` and `app` on top of the rooms; docs/architecture.md is the map."""
