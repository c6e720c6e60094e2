"""Frames of the coil's gates in, alerts and contacts out: integers, nothing allocated. Pure; imports `shared`."""
