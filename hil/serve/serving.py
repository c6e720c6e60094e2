"""The loop of a rig that runs until it is told to end: keys, lines, the world, the pace, and a line about it."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable

from hil.play.closed_loop import ClosedLoop
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.serve.panel import Keyboard, Panel
from sapper.shared.pins import GPIO
from sapper_host import processes

_TURN_NS = 10 * NS_PER_MS
# A virtual second that took longer is not made up for: `real` means never faster than real.
_BEHIND_MAX_S = 0.25
_SHOW_EVERY_S = 0.5


class Server:
    """exchange: bytes between the lines and the board; called every turn. poll: what else is to be done, after it.
    paced: no faster than real time."""

    def __init__(
        self,
        loop: ClosedLoop,
        panel: Panel,
        exchange: Callable[[], None],
        paced: bool,
        poll: Callable[[], None] = lambda: None,
    ) -> None:
        self._rig = loop.rig
        self._loop = loop
        self._panel = panel
        self._exchange = exchange
        self._paced = paced
        self._poll = poll
        self._shown = False
        self._origin_s = time.monotonic()
        self._loop.key(panel.key_on)

    def run(self, keyboard: Keyboard) -> None:
        """Until `q`."""
        self._origin_s = time.monotonic() - self._rig.now_ns / NS_PER_S
        mark_s, mark_ns = time.monotonic(), self._rig.now_ns
        while not self._panel.quit:
            for key in keyboard.pressed():
                self._panel.press(key)
                self._loop.key(self._panel.key_on)
                self._loop.emergency_stop(self._panel.stop_pressed)
            self._exchange()
            self._loop.run(_TURN_NS)
            self._poll()
            self._wait(keyboard)
            now_s = time.monotonic()
            if now_s - mark_s >= _SHOW_EVERY_S:
                self._show((self._rig.now_ns - mark_ns) / NS_PER_S / (now_s - mark_s))
                mark_s, mark_ns = now_s, self._rig.now_ns

    def _wait(self, keyboard: Keyboard) -> None:
        """Until real time has come as far as the board's; woken by a key or a byte."""
        if not self._paced:
            return
        ahead_s = self._rig.now_ns / NS_PER_S - (time.monotonic() - self._origin_s)
        if ahead_s < -_BEHIND_MAX_S:
            self._origin_s += -ahead_s - _BEHIND_MAX_S
        if ahead_s > 0:
            sources: list[Keyboard] = [keyboard] if keyboard.listens else []
            select.select(sources, [], [], ahead_s)

    def _show(self, rate: float) -> None:
        """One line that is kept up to date, for people only."""
        if not sys.stderr.isatty():
            return
        ahead_m, _ = self._loop.world.rover.coil_m
        power = "on" if self._rig.pin(GPIO["MOTOR_EN"]).level else "off"
        text = (
            f"{self._rig.now_ns / NS_PER_S:8.1f} s  x{rate:.2f}  coil {ahead_m:6.2f} m  motors {power}  {self._panel}"
        )
        print(f"\r{text}\033[K", end="", file=sys.stderr, flush=True)
        self._shown = True

    def end_line(self) -> None:
        """Leave the line that was kept up to date."""
        if self._shown:
            print(file=sys.stderr)


def serve_until_told(server: Server, keyboard: Keyboard, help_text: str) -> None:
    """Run it until `q`, Ctrl-C or SIGTERM."""
    if keyboard.listens:
        print(help_text, file=sys.stderr)
    try:
        server.run(keyboard)
    except (KeyboardInterrupt, processes.Ended):
        pass
    finally:
        server.end_line()
