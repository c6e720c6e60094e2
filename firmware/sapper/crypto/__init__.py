"""Hashes, keys and signatures, for whoever needs them. Pure; imports no other room."""
