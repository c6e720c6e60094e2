"""The operator's line as it is on a bad day: one line dropped, late, twice or garbled."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hil.rigs.ports import SerialLine
from hil.rigs.rig import NS_PER_MS
from sapper_host.board.signing import RadioEncoder

# What becomes of one line: (by how much later, ns; bytes) of each piece that arrives.
Mangle = Callable[[bytes, Random], list[tuple[int, bytes]]]


def dropped(line: bytes, random: Random) -> list[tuple[int, bytes]]:
    """It never arrives."""
    return []


def delayed(line: bytes, random: Random) -> list[tuple[int, bytes]]:
    """It arrives up to a second late, after lines that were said after it."""
    return [(random.randrange(200, 1000) * NS_PER_MS, line)]


def doubled(line: bytes, random: Random) -> list[tuple[int, bytes]]:
    """It arrives twice, the second time up to 300 ms later."""
    return [(0, line), (random.randrange(0, 300) * NS_PER_MS, line)]


def garbled(line: bytes, random: Random) -> list[tuple[int, bytes]]:
    """One bit of it is another; not of its end, so that it stays one line, and none that makes it Ctrl-C."""
    place = random.randrange(len(line) - 1)
    return [(0, line[:place] + bytes([line[place] ^ 1 << random.randrange(5)]) + line[place + 1 :])]


class OperatorsLine:
    """A port of the board as the operator writes to it. `mangle` is done to the next line, once."""

    def __init__(self, port: SerialLine, encoder: RadioEncoder | None = None) -> None:
        self._port = port
        self._encoder = encoder
        self._late: list[tuple[int, bytes]] = []
        self._now_ns = 0
        self._random = Random(0)
        self._mangle: Mangle | None = None
        self.mangled = 0

    def mangle(self, how: Mangle, random: Random) -> None:
        """Do this to the next line that is written."""
        self._mangle, self._random = how, random

    def write(self, data: bytes) -> None:
        """Whole lines, now."""
        for line in data.decode("ascii").splitlines():
            sent = self._encoder(line) if self._encoder else line.encode("ascii") + b"\n"
            pieces = [(0, sent)]
            if self._mangle:
                pieces = self._mangle(sent, self._random)
                self._mangle = None
                self.mangled += 1
            for later_ns, piece in pieces:
                if later_ns:
                    self._late.append((self._now_ns + later_ns, piece))
                else:
                    self._port.write(piece)

    def read(self) -> list[tuple[int, bytes]]:
        """What the board has sent."""
        return self._port.read()

    def at(self, now_ns: int) -> None:
        """It is now so late: what is due arrives."""
        self._now_ns = now_ns
        for due_ns, piece in [late for late in self._late if late[0] <= now_ns]:
            self._late.remove((due_ns, piece))
            self._port.write(piece)
