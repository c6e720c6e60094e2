"""A rig for people: the demo, and a rig that other programs open like a board. Imports `play` and below."""
