"""Driving with the arrow keys of a terminal, which tells presses and repeats but no release.

A key holds for a moment: long enough after a first press for the terminal's repeat to set in, shortly after a repeat.
So the rover is asked to stop within a quarter of a second of letting go, and stops by itself 300 ms after the last
drive command in any case. Pure: `DriveKeys` knows what to drive when; `Driver` sends it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sapper.shared.settings import row_of
from sapper_host.board.link import Link
from sapper_host.errors import LinkError, NoAnswerError

# Terminals begin to repeat a held key after up to 660 ms, and then every 30 to 40 ms.
_FIRST_HOLD_S = 0.7
_REPEAT_HOLD_S = 0.25
_SEND_S = 0.12
_SPEED_STEP = 1.25
# Key -> share of the speed, share of the turn (left is positive).
KEYS = {"up": (1.0, 0.0), "down": (-1.0, 0.0), "left": (0.0, 1.0), "right": (0.0, -1.0)}


class DriveKeys:
    """What is to be driven, given the keys pressed. Times are of any monotonic clock, in seconds."""

    def __init__(self, speed_mm_s: int = 200, turn_mrad_s: int = 500) -> None:
        self.speed_mm_s = speed_mm_s
        self.turn_mrad_s = turn_mrad_s
        self._pressed: dict[str, tuple[float, float]] = {}  # key -> (last press, held until)

    def press(self, key: str, now_s: float) -> None:
        """A key of KEYS was pressed, or repeated."""
        _, until_s = self._pressed.get(key, (0.0, 0.0))
        hold_s = _REPEAT_HOLD_S if until_s > now_s else _FIRST_HOLD_S
        self._pressed[key] = (now_s, max(until_s if hold_s == _FIRST_HOLD_S else 0.0, now_s + hold_s))

    def release(self) -> None:
        """All keys are let go: drive 0 0."""
        self._pressed.clear()

    def faster(self, up: bool) -> None:
        """A quarter faster or slower, within what the board takes by its defaults."""
        factor = _SPEED_STEP if up else 1 / _SPEED_STEP
        self.speed_mm_s = round(min(row_of("speed_max_mm_s")[1], max(50, self.speed_mm_s * factor)))
        self.turn_mrad_s = round(min(row_of("turn_max_mrad_s")[1], max(100, self.turn_mrad_s * factor)))

    def wanted(self, now_s: float) -> tuple[int, int] | None:
        """Speed (mm/s) and turn (mrad/s) to send now; None when no key is held."""
        held = [KEYS[key] for key, (_, until_s) in self._pressed.items() if until_s > now_s]
        if not held:
            return None
        speed, turn = (sum(share[i] for share in held) for i in (0, 1))
        return round(speed * self.speed_mm_s), round(turn * self.turn_mrad_s)


class Driver:
    """Sends what the keys want, from a thread; one stop when they are let go. `trouble` gets the board's refusals."""

    def __init__(self, link: Link, keys: DriveKeys, trouble: Callable[[str], None]) -> None:
        self._link = link
        self._keys = keys
        self._trouble = trouble
        self._closing = threading.Event()
        self._stand = True
        self._thread = threading.Thread(target=self._drive, name="drive keys", daemon=True)
        self._thread.start()

    def close(self, stand: bool = True) -> None:
        """Stop sending; with `stand` the rover is asked to stand first, when it was being driven."""
        self._keys.release()
        self._stand = stand
        self._closing.set()
        self._thread.join(timeout=3)

    def _drive(self) -> None:
        driving = False
        while True:
            leaving = self._closing.wait(_SEND_S)
            wanted = None if leaving else self._keys.wanted(time.monotonic())
            if leaving and not self._stand:
                return
            if wanted is not None or driving:
                driving = self._send(*(wanted or (0, 0))) and wanted is not None
            if leaving:
                return

    def _send(self, speed_mm_s: int, turn_mrad_s: int) -> bool:
        """Whether the board took it."""
        try:
            answer = self._link.command(f"drive {speed_mm_s} {turn_mrad_s}", 0.5, check=False, quiet=True)
        except NoAnswerError:
            return True  # lost on the way; the board stops by itself when the next ones are lost too
        except LinkError:
            return False
        if not answer.ok:
            self._keys.release()
            self._trouble(answer.last)
        return answer.ok
