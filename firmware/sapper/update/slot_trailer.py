"""The trailer of a slot as text: what board, updates and bundles agree on about it. Pure; imports nothing.

The image has it frozen once more under its bare name, for the board's own `slots`, which reads trailers before any
application is chosen (board/manifest.py).
"""

MARK = "sapper-slot 1"
BYTES_MAX = 1024
API = 1  # counts changes of what an application in a slot may call of the board's own modules


def parse(raw):
    """{name: value} of a trailer's bytes; {} when they are none, or not whole."""
    try:
        lines = str(raw, "ascii").split("\n")
    except (UnicodeError, ValueError):
        return {}
    if len(raw) > BYTES_MAX or lines[0] != MARK or lines[-1] != "":
        return {}
    return dict(line.split("=", 1) for line in lines[1:-1] if "=" in line)
