"""What is in a board's flash against a UF2: the board hashes its flash, piece by piece, and the hashes are compared."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from sapper_host.board.link import Link
from sapper_host.errors import BoardError, LinkError, SapperError, Status
from sapper_host.flash.prompt import Prompt
from sapper_host.flash.uf2 import FLASH_START, PAYLOAD_BYTES, Uf2Image

# The most that the console hashes at once (sapper/shared/commands.py, `digest`).
PIECE_BYTES = 65536
_ANSWER_LIMIT_S = 20.0
_ASKED_MOST = 3
_QUIET_S = 1.0
BUSY_LIMIT_S = 3.0
_BUSY_AGAIN_S = 0.2

Tell = Callable[[int, int], None]


class MismatchError(SapperError):
    """The board's flash is not what the file says."""

    status = Status.SHORTFALL


def pieces(image: Uf2Image) -> list[tuple[int, int]]:
    """(offset from the start of flash, length) of what the file writes, in pieces of at most PIECE_BYTES."""
    found: list[tuple[int, int]] = []
    for address in image.pages:
        offset = address - FLASH_START
        if found and sum(found[-1]) == offset and found[-1][1] < PIECE_BYTES:
            found[-1] = (found[-1][0], found[-1][1] + PAYLOAD_BYTES)
        else:
            found.append((offset, PAYLOAD_BYTES))
    return found


def open_patiently(port: str) -> Link:
    """A Link to the board on `port`. A port in use is tried again for a while: ModemManager looks at each new one."""
    end = time.monotonic() + BUSY_LIMIT_S
    while True:
        try:
            return Link.open(port)
        except LinkError as error:
            if "in use" not in error.message or time.monotonic() >= end:
                raise
            time.sleep(_BUSY_AGAIN_S)


class Digester(Protocol):
    """Somebody who asks a board for hashes of its flash."""

    def digest(self, offset: int, length: int) -> str:
        """SHA-256, in hexadecimal, of a part of flash."""

    def settle(self) -> None:
        """Make sure that the next answer is that to the next question."""


def verify(image: Uf2Image, digester: Digester, tell: Tell, tries: int = _ASKED_MOST) -> int:
    """Compare piece by piece; `tell(bytes done, of how many)`. Returns the bytes compared.

    MismatchError names the first piece that differs, each of `tries` times it is asked for.
    """
    total = len(image.pages) * PAYLOAD_BYTES
    done = 0
    for offset, length in pieces(image):
        start = offset + FLASH_START - image.start
        expected = hashlib.sha256(image.data[start : start + length]).hexdigest()
        for left in reversed(range(tries)):
            if digester.digest(offset, length) == expected:
                break
            # Answers carry no number: a late one to an earlier question may have been taken for this one's.
            if left:
                digester.settle()
        else:
            first, last = FLASH_START + offset, FLASH_START + offset + length - 1
            raise MismatchError(
                f"flash differs from the file between {first:#010x} and {last:#010x}",
                "flash it again; if that does not help, the board's flash is worn out: take another board",
            )
        done += length
        tell(done, total)
    return done


@contextmanager
def digester(port: str) -> Iterator[Digester]:
    """How the board on `port` is asked: over Sapper's console, else over MicroPython's prompt.

    A Sapper in STOPPED or FAULT is disarmed for it; one that has no `digest` yet is asked at its prompt.
    """
    with open_patiently(port) as link:
        if _console_hashes(link):
            yield Console(link)
            return
    with Prompt(port) as prompt:
        prompt.load_digest()
        yield prompt


class Console:
    """Sapper's `digest`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def digest(self, offset: int, length: int) -> str:
        return self._link.command(f"digest {offset} {length}", _ANSWER_LIMIT_S).values().get("sha256", "")

    def settle(self) -> None:
        """Wait until the board has said all it had to say."""
        counts = self._link.decoder.counts
        heard = -1
        while counts.bytes != heard:
            heard = counts.bytes
            time.sleep(_QUIET_S)


def _console_hashes(link: Link) -> bool:
    """Whether a Sapper answers that can hash; if not, its prompt can be tried."""
    try:
        link.identify()
    except LinkError:
        return False
    try:
        link.command(f"digest 0 {PAYLOAD_BYTES}", _ANSWER_LIMIT_S)
    except BoardError as error:
        if error.name == "unknown":
            link.command("repl")
            return False
        if error.name != "state":
            raise
        link.command("disarm")
    return True
