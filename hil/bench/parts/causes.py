"""What an error of the bus comes from: by the kernel's numbers, and by the classes of pyftdi."""

from __future__ import annotations

import errno
from enum import Enum


class Cause(Enum):
    """What an OSError of the bus comes from."""

    SILENT = "nobody acknowledges"
    HELD = "a line is held"
    GONE = "the adapter is gone"
    OTHER = "something else"


_BY_NUMBER = {
    errno.EREMOTEIO: Cause.SILENT,
    errno.ENXIO: Cause.SILENT,
    errno.ETIMEDOUT: Cause.HELD,
    errno.EAGAIN: Cause.HELD,
    errno.EBUSY: Cause.HELD,
    errno.ENODEV: Cause.GONE,
    errno.ESHUTDOWN: Cause.GONE,
    errno.EPIPE: Cause.GONE,
}
# pyftdi's have no numbers. By their classes' names: it is not imported where there is no FT232H.
_BY_CLASS = {"I2cNackError": Cause.SILENT, "FtdiError": Cause.GONE, "USBError": Cause.GONE}


def cause_of(error: OSError) -> Cause:
    """What it comes from."""
    by_class = next((_BY_CLASS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _BY_CLASS), None)
    return by_class or _BY_NUMBER.get(error.errno or 0, Cause.OTHER)
