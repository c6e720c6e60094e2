"""Traces with truth, made from the world model."""
