"""The exception base of the rigs: whatever `hil` raises on purpose is a HilError and its text names the remedy."""

from sapper_host.outside.text import shown_lines


class HilError(Exception):
    """Something a rig, a world or a trace cannot do; the text says what and what to do. Names and values out of files
    stand in it: a terminal obeys none of it."""

    def __init__(self, text: str = "") -> None:
        super().__init__(shown_lines(text))
