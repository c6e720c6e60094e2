"""Hashes, keys and signatures, for whoever needs them. Pure; imports `shared` alone."""
