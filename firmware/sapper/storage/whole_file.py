"""Files that are the old one or the new one, whenever the power goes. Pure; imports nothing of ours.

The image has it frozen once more under its bare name, for the board's own `slots` (board/manifest.py).
"""

import os


def replace(path, parts):
    """Write these strings beside the file at `path`, then rename: littlefs makes that one step. OSError when flash
    refuses; then the old file stays."""
    new = path + ".new"
    with open(new, "w") as file:
        for part in parts:
            file.write(part)
    os.rename(new, path)
