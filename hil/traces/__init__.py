"""Traces with truth, made from the world model or by hand. Imports `world`."""
