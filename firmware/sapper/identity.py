"""Who this board is and what runs on it."""

import os
from binascii import hexlify

import machine

from sapper.shared.events import RESET_CAUSES, SOURCES
from sapper.shared.version import VERSION
from sapper.storage import name_file
from sapper.update import running

try:
    from sapper_build import CONTENT, GIT_REVISION
except ImportError:  # not built into an image: run from the source tree
    GIT_REVISION = CONTENT = "unbuilt"


def board_id():
    """The flash chip's unique number, in hex: also the USB serial number."""
    return hexlify(machine.unique_id()).decode()


def reset_cause():
    """Index into events.RESET_CAUSES."""
    return RESET_CAUSES.index("watchdog" if machine.reset_cause() == machine.WDT_RESET else "power_on")


def version_text():
    """What `version` answers."""
    return "sapper=%s git=%s micropython=%s board=%s source=%s why=%s content=%s cause=%s name=%s" % (
        VERSION,
        GIT_REVISION,
        os.uname().release,
        board_id(),
        SOURCES[running.source()],
        running.why(),
        CONTENT,
        RESET_CAUSES[reset_cause()],
        name_file.load() or name_file.NONE,
    )
