"""The exception base of the rigs: whatever `hil` raises on purpose is a HilError and its text names the remedy."""


class HilError(Exception):
    """Something a rig, a world or a trace cannot do; the text says what and what to do."""
