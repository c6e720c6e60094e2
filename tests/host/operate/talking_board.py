"""A board whose telemetry goes on as a real one's does, until it is to fall silent; and the console at it."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sapper.shared import events, fields, wire
from tests.host.fake_board import FakeBoard
from tests.terminal import Terminal

_PROMPT = re.compile(r"^(?:[A-Z]+\??|\?) > ")


class TalkingBoard(FakeBoard):
    """STATUS five times a second and DETECT twenty times, as by default. silent: nothing leaves it any more."""

    def __init__(self) -> None:
        super().__init__()
        self.silent = False
        self.s_mm = 1200
        self.last_byte_s = 0.0
        self.reason = self.fault = "none"
        self._turns = 0
        self._told: list[tuple[int, int, str, int, tuple[int, ...]]] = []

    def send(self, data: bytes) -> None:
        if not self.silent:
            super().send(data)
            self.last_byte_s = time.monotonic()

    def event(self, kind: str, s_mm: int, *args: int) -> None:
        self._number += 1
        self._told.append((self._number, self.t_ms, kind, s_mm, args))
        self._tell(*self._told[-1])

    def tell_again(self) -> None:
        """All of it, as a board does whose link is back."""
        for told in self._told:
            self._tell(*told)

    def _tell(self, number: int, t_ms: int, kind: str, s_mm: int, args: tuple[int, ...]) -> None:
        kind_id = events.KIND_ID[kind]
        if self.telemetry:
            values = dict(zip("abcde", args, strict=False))
            self.frame(wire.EVENT, number=number, t_ms=t_ms, kind=kind_id, s_mm=s_mm, **values)
        else:
            self.send(fields.text_line(number, t_ms, kind_id, s_mm, args).encode() + b"\r\n")

    def goes_to(self, state: str, reason: str, fault: str = "none", track: str = "none") -> None:
        """A state of the board's own accord, told as the firmware tells it."""
        before, self.state, self.reason = self.state, state, reason
        self.fault = "none" if fault.startswith("encoder") else fault
        number = events.REASON_NAMES.index(reason)
        if before in ("SWEEP", "TELEOP"):
            self.event("stop", self.s_mm, number, 0)
        if fault != "none":
            self.event("fault", self.s_mm, events.FAULTS.index(fault), events.TRACK_FAULTS.index(track))
        self.event("state", self.s_mm, events.STATES.index(state), events.STATES.index(before), number)

    def _turn(self) -> None:
        super()._turn()
        self._turns += 1
        if self.telemetry and self._turns % 20 == 0:
            self.frame(
                wire.STATUS,
                t_ms=self.t_ms,
                state=events.STATES.index(self.state),
                reason=events.REASON_NAMES.index(self.reason),
                fault=events.FAULTS.index(self.fault),
                flags=7,
                s_mm=self.s_mm,
                vsys_mv=5010,
            )
        elif self.telemetry and self._turns % 5 == 1:
            self.frame(wire.DETECT, t_ms=self.t_ms, s_mm=self.s_mm, strength=40, statistic=100, level=4000)

    def _stop(self, words: list[str]) -> str:
        self.reason = "operator"
        return super()._stop(words)

    def _disarm(self, words: list[str]) -> str:
        self.reason, self.fault = "operator", "none"
        return super()._disarm(words)

    def _status(self, words: list[str]) -> str:
        return (
            f"ok state={self.state} reason={self.reason} fault={self.fault} loop=1 key=1 enabled=0 s_mm=1200 "
            "x_mm=0 y_mm=0 speed_mm_s=0 strength=40 vsys_mv=5010 temp_dc=250 load_pm=200 missed=0 refused=0 weakened=0"
        )


@contextmanager
def sapper_at(folder: Path, *words: str, size: tuple[int, int] = (24, 80)) -> Iterator[Terminal]:
    """`sapper` on a terminal."""
    environment = os.environ | {"SAPPER_CACHE": str(folder), "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
    with closing(Terminal([sys.executable, "-m", "sapper_host", *words], environment, size)) as terminal:
        yield terminal


@contextmanager
def console_at(port: str, folder: Path, *options: str, size: tuple[int, int] = (24, 80)) -> Iterator[Terminal]:
    """`sapper console` on a terminal, ready to be typed to."""
    with sapper_at(folder, "console", "--port", port, *options, size=size) as terminal:
        terminal.wait_for("lists commands")
        terminal.wait_to_see(toolbar)
        yield terminal


def prompt(lines: list[str]) -> str:
    """The line that is being typed, without its prompt."""
    at = _prompt_at(lines)
    return "" if at is None else _PROMPT.sub("", lines[at] + " ").strip()


def toolbar(lines: list[str]) -> list[str]:
    """The lines below the one that is being typed."""
    at = _prompt_at(lines)
    return [] if at is None else [line for line in lines[at + 1 :] if line.strip()]


def first(lines: list[str]) -> str:
    """The first of those; '' when there is none."""
    return (toolbar(lines) or [""])[0]


def below(lines: list[str]) -> str:
    """All of them as one text, however it is wrapped."""
    return " ".join(" ".join(toolbar(lines)).split())


def held(terminal: Terminal, seconds: float, key: bytes = b"\x1b[A") -> None:
    """A key that goes on repeating."""
    for _ in range(round(seconds / 0.033)):
        terminal.type(key)
        terminal.look(0.033)


def _prompt_at(lines: list[str]) -> int | None:
    found = [i for i, line in enumerate(lines) if _PROMPT.match(line + " ")]
    return found[-1] if found else None
