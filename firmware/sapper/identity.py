"""Who this board is and what runs on it."""

import os
from binascii import hexlify

import machine

from sapper import name_file
from sapper.events import RESET_CAUSES, SOURCES
from sapper.version import VERSION

try:
    from sapper_build import GIT_REVISION
except ImportError:  # not built into an image: run from the source tree
    GIT_REVISION = "unbuilt"


def board_id():
    """The flash chip's unique number, in hex: also the USB serial number."""
    return hexlify(machine.unique_id()).decode()


def reset_cause():
    """Index into events.RESET_CAUSES."""
    return RESET_CAUSES.index("watchdog" if machine.reset_cause() == machine.WDT_RESET else "power_on")


def source():
    """Index into events.SOURCES: where the running application came from."""
    return SOURCES.index("factory")


def version_text():
    """What `version` answers."""
    return "sapper=%s git=%s micropython=%s board=%s source=%s cause=%s name=%s" % (
        VERSION,
        GIT_REVISION,
        os.uname().release,
        board_id(),
        SOURCES[source()],
        RESET_CAUSES[reset_cause()],
        name_file.load() or name_file.NONE,
    )
