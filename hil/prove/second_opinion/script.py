"""A script at MicroPython's prompt on either board, and what came of it: what it told, and the edges of its pins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from hil.errors import HilError
from hil.prove.micropython_tests.prompt import RawPrompt
from hil.prove.second_opinion.boards import Board
from hil.prove.second_opinion.figure import Figure, of_pin
from hil.rigs.rig import NS_PER_MS
from hil.rigs.virtual.pico import VirtualPico
from sapper.shared.pins import GPIO

FOLDER = Path(__file__).with_name("scripts")
_FIRST, _SECOND, _THIRD, _MARK = 6, 7, 14, 15
_MOTOR_EN = GPIO["MOTOR_EN"]
# The application is stopped while it starts: on rp2040py it would take most of the time.
_STOP_NS = 60 * NS_PER_MS
_SLICE_NS = NS_PER_MS // 10
_RESETS_WITHIN_NS = 80 * NS_PER_MS
# From MOTOR_EN's rise to the opening of the loop: not at a beat of the interlock's machine.
_OPENS_AFTER_NS = 5_010_000


class Attended:
    """A board whose pins are watched, and to which somebody attends while it runs."""

    def __init__(self, board: Board, pins: tuple[int, ...], attend: Callable[[Attended], None] | None) -> None:
        self.board = board
        self.usb = board.usb
        self.edges: dict[int, list[tuple[int, int]]] = {pin: [] for pin in pins}
        self._attend = attend
        for pin in pins:
            board.pin(pin).watch()

    @property
    def now_ns(self) -> int:
        """The board's."""
        return self.board.now_ns

    def run(self, duration_ns: int) -> None:
        """Let time pass, in small slices when somebody attends."""
        end_ns = self.now_ns + duration_ns
        while (left_ns := end_ns - self.now_ns) > 0:
            self.board.run(min(left_ns, _SLICE_NS) if self._attend else left_ns)
            for pin, edges in self.edges.items():
                edges += self.board.pin(pin).edges()
            if self._attend:
                self._attend(self)


def send_back(attended: Attended) -> None:
    """The far end of UART 0: what comes goes back."""
    line = attended.board.uart[0]
    line.write(b"".join(data for _, data in line.read()))


def open_loop(attended: Attended) -> None:
    """The emergency-stop loop: opened, once, a while after MOTOR_EN has risen for the second time."""
    rises = [t_ns for t_ns, level in attended.edges[_MOTOR_EN] if level]
    pin = attended.board.pin(GPIO["ESTOP_OK"])
    if len(rises) > 1 and pin.level and attended.now_ns < rises[1] + _OPENS_AFTER_NS:
        pin.drive(0, rises[1] + _OPENS_AFTER_NS)


def _interlock(edges: dict[int, list[tuple[int, int]]]) -> list[Figure]:
    rises, falls = ([t_ns for t_ns, at in edges[_MOTOR_EN] if at == level] for level in (1, 0))
    if len(rises) < 2 or len(falls) < 2 or not edges[_FIRST]:
        return []
    return [
        Figure("interlock: last feed -> MOTOR_EN falls", falls[0] - edges[_FIRST][0][0]),
        Figure("interlock: loop opens -> MOTOR_EN falls", falls[1] - rises[1] - _OPENS_AFTER_NS),
    ]


@dataclass(frozen=True)
class Script:
    """pins: those whose edges count. resets: it ends in the watchdog's reset, and tells nothing. more: figures that are
    made from the edges."""

    pins: tuple[int, ...]
    attend: Callable[[Attended], None] | None = None
    resets: bool = False
    more: Callable[[dict[int, list[tuple[int, int]]]], list[Figure]] | None = None


SCRIPTS: dict[str, Script] = {
    "arithmetic": Script((_FIRST,)),
    "interpreter": Script((_FIRST,)),
    "timers": Script((_FIRST, _SECOND)),
    "interrupts": Script((_FIRST, _SECOND)),
    "pio": Script((_FIRST, _SECOND, _THIRD)),
    "pwm": Script((_FIRST, _SECOND)),
    "adc_dma": Script((_FIRST, _SECOND)),
    "uart": Script((_FIRST,), send_back),
    "files": Script((_FIRST, _SECOND)),
    "watchdog": Script((_FIRST, _SECOND), resets=True),
    "interlock": Script((_FIRST, _MOTOR_EN), open_loop, more=_interlock),
}


def text(name: str) -> bytes:
    """A script as the board gets it."""
    return b"".join((FOLDER / f"{part}.py").read_bytes() for part in ("preamble", name, "postamble"))


def measure(name: str, board: Board) -> list[Figure]:
    """Run a script on a board that has just got its power. HilError when it fails."""
    script = SCRIPTS[name]
    attended = Attended(board, (_MARK, *script.pins), script.attend)
    prompt = RawPrompt(cast(VirtualPico, attended), _STOP_NS)
    told = b""
    if script.resets:
        prompt.start(text(name))
        attended.run(_RESETS_WITHIN_NS)
    else:
        told, _ = prompt.run(text(name))
        if told.endswith(b"CRASH"):
            raise HilError(f"{name} failed on {board.name}: {told.decode(errors='replace')}")
    return _figures(name, told.decode(), attended.edges)


def _figures(name: str, told: str, edges: dict[int, list[tuple[int, int]]]) -> list[Figure]:
    zero_ns = next((t_ns for t_ns, level in edges[_MARK] if level), None)
    if zero_ns is None:
        raise HilError(f"{name} ended before it began; it told {told!r}")
    end_ns = next((t_ns for t_ns, level in edges[_MARK] if t_ns > zero_ns and not level), None)
    script = SCRIPTS[name]
    figures = []
    for line in told.splitlines():
        key, _, value = line.partition("=")
        figures.append(Figure(f"{name}: {key}", value))
    counted = {
        pin: [each for each in edges[pin] if each[0] > zero_ns and (end_ns is None or each[0] <= end_ns)]
        for pin in script.pins
    }
    for pin, seen in counted.items():
        figures += of_pin(f"{name}: GPIO {pin}", seen, zero_ns)
    return figures + (script.more(counted) if script.more else [])
