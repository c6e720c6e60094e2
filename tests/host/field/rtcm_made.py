"""RTCM 3 as tests need it: frames with another's CRC, epochs of several systems, and a base with a clock of its own."""

from __future__ import annotations

import base64
import random
from collections import deque
from collections.abc import Iterable

from pyrtcm import calc_crc24q

from sapper_host.board.answers import Answer, Pending
from sapper_host.field.corrections import Corrections
from sapper_host.field.rtcm_frames import Framer
from sapper_host.field.rtcm_source import SourceError

SYSTEMS = (1074, 1084, 1094, 1124)


def framed(payload: bytes) -> bytes:
    head = bytes([0xD3, len(payload) >> 8, len(payload) & 255]) + payload
    crc: int = calc_crc24q(head)
    return head + crc.to_bytes(3, "big")


def message(number: int, size: int = 19, fill: int = 0) -> bytes:
    """Of this number, with `size` bytes of payload."""
    return framed((number << 12 | 0x123).to_bytes(3, "big") + bytes([fill & 255] * (size - 3)))


def msm(number: int, time_ms: int, more: bool = False, size: int = 120) -> bytes:
    head = (number << 12 | 7) << 30 | time_ms
    payload = (head << 2 | more << 1).to_bytes(7, "big")
    return framed(payload + random.Random(number * 7 + time_ms).randbytes(size - 7))


def epoch(time_ms: int, size: int = 120, numbers: Iterable[int] = SYSTEMS) -> list[bytes]:
    """Frames of one moment; all but the last say that more follows."""
    numbers = tuple(numbers)
    return [msm(number, time_ms, number != numbers[-1], size) for number in numbers]


class Base:
    """A source whose bytes come when they are due by the test's clock. Rows of (seconds, bytes or an error)."""

    name = "tcp:base:2101"

    def __init__(self, rows: Iterable[tuple[float, bytes | SourceError]] = ()) -> None:
        self.now_s = 0.0
        self.rows = deque(rows)
        self.refuses: SourceError | None = None
        self.opened: list[float] = []
        self.is_open = False

    def open(self) -> None:
        self.opened.append(self.now_s)
        if self.refuses is not None:
            raise self.refuses
        self.is_open = True

    def read(self) -> bytes:
        assert self.is_open
        if not self.rows or self.rows[0][0] > self.now_s:
            return b""
        data = self.rows.popleft()[1]
        if isinstance(data, SourceError):
            raise data
        return data

    def close(self) -> None:
        self.is_open = False


class FakeWay:
    """Takes lines when it is free, and answers them after `delay_s`, or never (None)."""

    def __init__(self) -> None:
        self.is_free, self.last = True, "ok waiting=0"
        self.delay_s: float | None = 0.0
        self.error: Exception | None = None
        self.sent: list[tuple[float, bytes]] = []
        self.now_s = 0.0
        self.most_open = 0
        self._open: list[tuple[float, Pending]] = []

    def free(self) -> bool:
        return self.is_free

    def pass_on(self, line: str) -> Pending:
        assert self.is_free
        if self.error is not None:
            raise self.error
        word, _, text = line.partition(" ")
        data = base64.b64decode(text, validate=True)
        assert word == "rtcm" and 0 < len(data) <= 90 and len(line) <= 160 - len("@999999999 0123456789abcdef ")
        self.sent.append((self.now_s, data))
        pending = Pending(line)
        self._open.append((self.now_s, pending))
        self.most_open = max(self.most_open, len(self._open))
        return pending

    def turn(self, now_s: float) -> None:
        """Answer what is due."""
        self.now_s = now_s
        for at_s, pending in list(self._open):
            if self.delay_s is not None and now_s - at_s >= self.delay_s:
                pending.answer = Answer(pending.command, self.last)
                pending.done.set()
                self._open.remove((at_s, pending))

    @property
    def data(self) -> bytes:
        return b"".join(data for _, data in self.sent)


class Kit:
    """Corrections between a base and a board, by a clock that the test turns."""

    def __init__(self, *rows: tuple[float, bytes | SourceError], rate_b_s: int = 400) -> None:
        self.base, self.way = Base(rows), FakeWay()
        self.corrections = Corrections(self.base, rate_b_s)
        self.now_s = 100.0
        self.base.now_s = self.way.now_s = 0.0
        self.told: list[str] = []

    def run(self, seconds: float, step_s: float = 0.02) -> None:
        for _ in range(round(seconds / step_s)):
            self.now_s += step_s
            self.base.now_s += step_s
            self.way.turn(self.now_s)
            while self.corrections.hear(self.now_s):
                pass
            self.corrections.give(self.way, self.now_s)
            self.told += self.corrections.news()

    def frames(self) -> list[bytes]:
        """Those that the board has whole, in order."""
        return Framer().feed(self.way.data)


def every_second(count: int, size: int = 60, first_s: float = 0.1) -> list[tuple[float, bytes]]:
    return [(first_s + i, b"".join(epoch(1000 * i, size))) for i in range(count)]
