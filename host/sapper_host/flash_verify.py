"""What is in a board's flash against a UF2: the board hashes its flash, piece by piece, and the hashes are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sapper_host.errors import BoardError, LinkError, SapperError, Status
from sapper_host.flash_repl import Prompt
from sapper_host.link import Link
from sapper_host.uf2 import FLASH_START, PAYLOAD_BYTES, Uf2Image

# The most that the console hashes at once (sapper/commands.py, `digest`).
PIECE_BYTES = 65536
_ANSWER_LIMIT_S = 20.0

Digest = Callable[[int, int], str]
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


def verify(image: Uf2Image, digest: Digest, tell: Tell) -> int:
    """Compare piece by piece; `tell(bytes done, of how many)`. Returns the bytes compared.

    MismatchError names the first piece that differs.
    """
    total = len(image.pages) * PAYLOAD_BYTES
    done = 0
    for offset, length in pieces(image):
        start = offset + FLASH_START - image.start
        if digest(offset, length) != hashlib.sha256(image.data[start : start + length]).hexdigest():
            first, last = FLASH_START + offset, FLASH_START + offset + length - 1
            raise MismatchError(
                f"flash differs from the file between {first:#010x} and {last:#010x}",
                "flash it again; if that does not help, the board's flash is worn out: take another board",
            )
        done += length
        tell(done, total)
    return done


@contextmanager
def digester(port: str) -> Iterator[Digest]:
    """How the board on `port` is asked for a hash: over Sapper's console, else over MicroPython's prompt.

    A Sapper in STOPPED or FAULT is disarmed for it; one that has no `digest` yet is asked at its prompt.
    """
    with Link.open(port) as link:
        if _console_hashes(link):
            yield lambda offset, length: _hash(link, offset, length)
            return
    with Prompt(port) as prompt:
        prompt.load_digest()
        yield prompt.digest


def _console_hashes(link: Link) -> bool:
    """Whether a Sapper answers that can hash; if not, its prompt can be tried."""
    try:
        link.identify()
    except LinkError:
        return False
    try:
        _hash(link, 0, PAYLOAD_BYTES)
    except BoardError as error:
        if error.name == "unknown":
            link.command("repl")
            return False
        if error.name != "state":
            raise
        link.command("disarm")
    return True


def _hash(link: Link, offset: int, length: int) -> str:
    answer = link.command(f"digest {offset} {length}", _ANSWER_LIMIT_S)
    return answer.values().get("sha256", "")
