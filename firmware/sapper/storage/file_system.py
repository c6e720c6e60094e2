"""The file system in flash, as console and checks tell of it.

The board's own module mounts it before the application starts, and never formats over anything. Simulated boards have
no such module: there the files are the laptop's.
"""

try:
    import board_storage
except ImportError:
    board_storage = None

_REMEDY = "copy it with a host (docs/technician.md), then `storage erase` makes a new one"


def problem():
    """'' or why nothing can be read or kept, and what to do."""
    if board_storage is None or board_storage.state != board_storage.FAILED:
        return ""
    return "the file system is not mounted (%s); nothing was erased: %s" % (board_storage.reason[:80], _REMEDY)


def text():
    """State and reason in one line."""
    if board_storage is None:
        return "state=simulated"
    return "state=%s %s" % (board_storage.state, board_storage.reason)


def erase():
    """Make a new, empty file system. All that was kept is lost: settings, name, radio key; not the team's key
    (team_key.py). OSError when flash refuses."""
    if board_storage is not None:
        board_storage.erase_and_format()
