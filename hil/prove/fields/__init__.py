"""Missions in made-up fields, by the hundred: what the whole of it comes to, against the world's truth."""
