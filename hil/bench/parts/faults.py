"""What is wrong with a chip, from the error that a driver, the kernel or pyftdi gives: said with its address, its wires
and what to do.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hil.bench.parts.bus import Bus
from hil.bench.parts.causes import Cause, cause_of
from hil.errors import HilError


@dataclass(frozen=True)
class Chip:
    """A chip of the bench. does: what it is there for; straps: how its address is made."""

    name: str
    address: int
    does: str
    straps: str

    def __str__(self) -> str:
        return f"{self.name} at {self.address:#04x} ({self.does})"


class ChipError(HilError):
    """Something is wrong with a chip, its wires or the bus; `cause` is one word for it."""

    def __init__(self, chip: Chip, cause: str, what: str, remedy: str) -> None:
        super().__init__(f"{chip} {what}; {remedy}")
        self.chip = chip
        self.cause = cause


def silent(chip: Chip, bus: Bus, share: float) -> ChipError:
    """It does not acknowledge, or not always."""
    if share:
        what = f"answers {share:.0%} of the time"
        remedy = (
            f"a contact is loose, or its supply dips: press its plugs home, solder {bus.wires}, and see that the bus "
            "has one pair of 2.2 to 10 kilohm to 3.3 V"
        )
        return ChipError(chip, "loose", what, remedy)
    what = "does not answer"
    remedy = f"look at its 3.3 V and ground, at {bus.wires}, and at its address ({chip.straps})"
    return ChipError(chip, "silent", what, remedy)


def wrong_chip(chip: Chip, what: str) -> ChipError:
    """Something else is at its address."""
    remedy = f"another chip has that address: take it off the bus, or put a {chip.name} there ({chip.straps})"
    return ChipError(chip, "wrong chip", f"is something else: {what}", remedy)


def check_kept(chip: Chip, bus: Bus, what: str, read: Callable[[], int], told_it: int, before: int) -> None:
    """ChipError where a word reads otherwise than it was told: the bus is held, or was for a moment (an FT232H clocks
    such a hold away without noticing), or the chip has been reset. before: what the word was."""
    found = read()
    if found == told_it:
        return
    if bus.held():
        raise held(chip, bus)
    again = read()
    if again == found != before:
        raise browned_out(chip, f"{what} is {found:#06x}, not {told_it:#06x}")
    remedy = "begin anew; if it comes again, shorten the bus, or lower its pull-ups to 2.2 kilohm"
    said = f"is still {found:#06x}" if again == found else f"read {found:#06x}, then {again:#06x}"
    raise ChipError(chip, "disturbed", f"may not have taken what it was sent: {what} {said}", remedy)


def browned_out(chip: Chip, what: str) -> ChipError:
    """It is back at its reset values."""
    remedy = "its 3.3 V dipped in between: feed it from the host, not from the rover, with 10 uF beside it; begin anew"
    return ChipError(chip, "browned out", f"has lost its settings ({what})", remedy)


def gone(chip: Chip, error: Exception) -> ChipError:
    """The adapter itself is not there any more."""
    reason = " ".join(str(error).split())
    what = f"cannot be reached: the host's I2C adapter is gone ({reason})"
    return ChipError(chip, "adapter gone", what, "plug the FT232H's USB cable in again, and begin anew")


def held(chip: Chip, bus: Bus) -> ChipError:
    """A line is held low; or was, until clocks freed it."""
    if bus.freed():
        what = "was not reached: a chip held SDA low in the middle of a byte, and clocks have freed it"
        return ChipError(chip, "was held", what, "nothing was done; begin anew, and shorten the bus if it comes again")
    what = "cannot be reached: SDA or SCL is held low"
    remedy = (
        f"look for a bridge to ground on {bus.wires} and for a chip without 3.3 V; else take the bus's supply away "
        "for a second: no clocks free it"
    )
    return ChipError(chip, "held", what, remedy)


@contextmanager
def told(chip: Chip, bus: Bus) -> Iterator[None]:
    """Errors of the bus in the block, as ChipError of that chip."""
    bus.wait_for_lock()
    try:
        yield
    except OSError as error:
        raise of_error(chip, bus, error) from error
    except ValueError as error:
        if "No I2C device" not in str(error):
            raise
        raise of_error(chip, bus, OSError(errno.EREMOTEIO, str(error))) from error


def of_error(chip: Chip, bus: Bus, error: OSError) -> ChipError:
    """What an OSError means, after another look at the bus."""
    try:
        cause = cause_of(error)
        if cause is Cause.GONE:
            return gone(chip, error)
        if cause is Cause.HELD or bus.held():
            return held(chip, bus)
        if cause is Cause.SILENT:
            return silent(chip, bus, bus.share_answered(chip.address))
    except OSError as again:  # as it was looked at, the adapter went
        return gone(chip, again)
    remedy = f"look at {bus.wires}, and at the kernel's messages (dmesg)"
    return ChipError(chip, "other", f"cannot be reached ({error})", remedy)
