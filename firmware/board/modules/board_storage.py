"""The file system in flash. It is mounted at boot and never formatted over something that was there.

`state` is one of MOUNTED, FORMATTED (it was wholly blank: a new board), FAILED. After FAILED nothing is mounted and
flash is as it was found: `reason` says why, `read_block()` lets a host take a copy, `erase_and_format()` starts afresh.
"""

import rp2
import sapper_flash
import vfs
from flash_layout import FILES_BYTES
from flash_layout import SECTOR_BYTES as BLOCK_BYTES

MOUNTED = "mounted"
FORMATTED = "formatted"
FAILED = "failed"

# The flash programs pages of 256 bytes (W25Q16JV, section 8.2.15).
PROGRAM_BYTES = 256
_IOCTL_BLOCK_COUNT = 4
_IOCTL_BLOCK_ERASE = 6

state = FAILED
reason = "not tried yet"


def start():
    """Mount the file system on '/'; format it only if every byte of its area is blank. Sets `state` and `reason`."""
    global state, reason
    flash = area()
    try:
        vfs.mount(vfs.VfsLfs2(flash, progsize=PROGRAM_BYTES), "/")
        state, reason = MOUNTED, ""
        return
    except Exception as error:  # Whatever it was: the board must come up and say so.
        state, reason = FAILED, "{}: {}".format(type(error).__name__, error)
    try:
        if sapper_flash.is_blank(0, FILES_BYTES):
            _format(_Spared(flash))
            state, reason = FORMATTED, "the area was blank: a new file system was made"
        else:
            # Lost before USB is up at power-on; the console shows `state` and `reason` later.
            print("storage: not mounted (" + reason + "); nothing was erased")
    except Exception as error:
        state, reason = FAILED, "{}: {}".format(type(error).__name__, error)


def area():
    """The file system's part of the flash, as a block device."""
    return rp2.Flash(start=0, len=FILES_BYTES)


def block_count():
    """Number of BLOCK_BYTES blocks in the file system's area."""
    return area().ioctl(_IOCTL_BLOCK_COUNT, 0)


def read_block(number, buffer):
    """Copy raw block `number` into `buffer` (BLOCK_BYTES long). For a host to keep a copy of a broken file system."""
    area().readblocks(number, buffer)


def erase_and_format():
    """Make a new, empty file system and mount it. What was there is lost: the caller has asked the operator.

    Raises OSError if flash refuses. Interrupts are off while flash is written, so never call this while armed.
    """
    global state, reason
    try:
        vfs.umount("/")
    except OSError:
        pass  # nothing was mounted
    state, reason = FAILED, "formatting was not finished"
    _format(area())
    state, reason = FORMATTED, "formatted on request"


class _Spared:
    """The flash, but a block that is blank is not erased: a new board's all are, and each takes 45 ms or more."""

    def __init__(self, flash):
        self.readblocks = flash.readblocks
        self.writeblocks = flash.writeblocks
        self._ioctl = flash.ioctl

    def ioctl(self, what, number):
        """As the flash's."""
        if what == _IOCTL_BLOCK_ERASE and sapper_flash.is_blank(number * BLOCK_BYTES, BLOCK_BYTES):
            return 0
        return self._ioctl(what, number)


def _format(flash):
    vfs.VfsLfs2.mkfs(flash, progsize=PROGRAM_BYTES)
    vfs.mount(vfs.VfsLfs2(area(), progsize=PROGRAM_BYTES), "/")
