"""What became of a board that was to be flashed: how far it came, and one verdict on it, in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sapper_host.errors import SapperError, Status

# What is being done to a board.
PHASES = {
    "ask": "asking it into BOOTSEL",
    "drive": "waiting for its drive",
    "copy": "copying",
    "return": "waiting for it to start",
    "verify": "verifying",
    "done": "verified",
}
# How a board is left, by all that is known of it; {sent} of {total} bytes were written to its drive.
VERDICTS = {
    "untouched": "as it was: nothing was changed",
    "waiting": "its old firmware is whole; unplugged and plugged in again it starts",
    "partly": (
        "its firmware is not whole: {sent} of {total} bytes were written to its drive; plug it in again (holding "
        "BOOTSEL if need be) and flash it"
    ),
    "unheard": (
        "how much of the firmware it has is not known: all {total} bytes were handed to the system for its drive, "
        "which went, and the board was not heard of since"
    ),
    "bootsel": "it is in BOOTSEL again: it has no firmware that starts",
    "unread": "it runs, but what is in its flash was not read back",
    "different": "what is in its flash is not the firmware of the file: do not use it before it is flashed anew",
    "verified": "its flash holds the firmware of the file",
    "unchanged": "its flash held the firmware of the file already, and was left as it was",
}


class Interrupted(SapperError):  # noqa: N818 -- the person's wish, not an error
    """Ctrl-C."""

    status = Status.INTERRUPTED

    def __init__(self) -> None:
        super().__init__("stopped with Ctrl-C")


@dataclass
class Outcome:
    """What became of a board. `before` and `after`: what it said of itself; `seconds`: each phase's.

    verdict: of VERDICTS, and the only statement on the state of its flash. sent, total: bytes of the file.
    """

    name: str
    location: str = ""
    board: str = ""
    phase: str = "ask"
    verdict: str = "untouched"
    sent: int = 0
    total: int = 0
    error: str = ""
    remedy: str = ""
    status: int = Status.OK
    verified_bytes: int = 0
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def verified(self) -> bool:
        """Whether the board has the file's firmware, as its own flash says."""
        return self.verdict in ("verified", "unchanged")

    @property
    def state(self) -> str:
        """The verdict in words."""
        return VERDICTS[self.verdict].format(sent=self.sent, total=self.total)

    def as_dict(self) -> dict[str, Any]:
        """For the JSON report."""
        return {"verified": self.verified, "state": self.state} | asdict(self)
