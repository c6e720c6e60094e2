"""The keyboard, read by a thread of its own: Ctrl-C and the drive keys wait for no screen, and for nothing else.

What is for line editing goes on to it through a pipe.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from typing import Protocol

from sapper_host.operate.drive_keys import KEYS, QUIET_S, DriveKeys
from sapper_host.operate.key_parser import Flags, Focus, Key, KeyParser, Other, Paste, Reply, Typed

_READ_BYTES = 4096
_POLL_S = 0.05
# Keys that lay in the terminal for longer than this were not typed now: the program, or the machine, stood still.
_STALL_S = 0.2
# An Escape is one when nothing follows it; a paste whose end does not come has ended.
_ESCAPE_S = 0.05
_PASTE_S = 1.0


class Hands(Protocol):
    """What the keyboard is for. Called by its thread; nothing here may wait."""

    def stop(self) -> None:
        """Ctrl-C: before anything else is done."""

    def toggle_driving(self) -> None:
        """F2, or Escape while driving."""

    def keys_changed(self) -> None:
        """Drive keys were pressed or let go."""

    def terminal_answered(self, flags: int) -> None:
        """It speaks the kitty keyboard protocol."""

    def gone(self) -> None:
        """The terminal is gone: there is no operator any more."""


class Keyboard:
    """Reads `fd` until closed. edit: takes bytes for line editing. clock: seconds, monotonic."""

    def __init__(
        self,
        fd: int,
        hands: Hands,
        keys: DriveKeys,
        edit: Callable[[bytes], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fd = fd
        self._hands = hands
        self._keys = keys
        self._edit = edit
        self._clock = clock
        self._parser = KeyParser()
        self._fed_s = 0.0
        self._stopped = False
        self._arrow_s = float("-inf")  # the last arrow of the drive mode, or of one that was held on after it
        self.driving = False
        self._closing = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keyboard", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """Read no more."""
        self._closing.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._ended.wait(1.0)

    def feed(self, data: bytes, now_s: float) -> None:
        """Bytes that were typed."""
        self._stopped = b"\x03" in data
        if self._stopped:
            self._hands.stop()  # first of all: what surrounds it is looked at later
        self._fed_s = now_s
        for typed in self._parser.feed(data):
            self._take(typed, now_s)

    def idle(self, now_s: float) -> None:
        """Nothing was typed."""
        if self._parser.waiting and now_s - self._fed_s > (_PASTE_S if self._parser.pasting else _ESCAPE_S):
            for typed in self._parser.flush():
                self._take(typed, now_s)

    def stalled(self, now_s: float) -> None:
        """This thread could not look for a while: what comes now was typed at any time since."""
        self._keys.block(now_s)
        self._hands.keys_changed()

    def _take(self, typed: Typed, now_s: float) -> None:
        match typed:
            case Key(name="c-c", kind="press" | "repeat"):
                if not self._stopped:
                    self._hands.stop()  # told in another way than by the byte that `feed` sees
                self._block(now_s)
                self._edit(b"\x03")
            case Key(name="f2", kind=kind):
                if kind == "press":
                    self._block(now_s)
                    self._hands.toggle_driving()
            case Key() if self.driving:
                self._drive(typed, now_s)
            case Key(kind="release"):
                pass
            case Key(name=name) if name in KEYS and now_s - self._arrow_s < QUIET_S:
                self._arrow_s = now_s  # held since it drove: no key of line editing before it was let go
            case Other() if self.driving:
                pass
            case Key(data=data) | Reply(data) | Other(data):
                self._edit(data)
            case Paste(data):
                self._block(now_s)
                if not self.driving:
                    self._edit(data)
            case Focus():
                self._block(now_s)
            case Flags(value):
                self._keys.alive(now_s)
                self._hands.terminal_answered(value)

    def _drive(self, key: Key, now_s: float) -> None:
        if key.name in KEYS:
            self._arrow_s = now_s
            if key.kind == "release":
                self._keys.lift(key.name, now_s)
            else:
                self._keys.press(key.name, now_s, key.kind)
        elif key.kind == "release":
            return
        elif key.name in ("+", "="):
            self._keys.faster(True)
        elif key.name in ("-", "_"):
            self._keys.faster(False)
        elif key.name == " ":
            self._keys.let_go()
        elif key.name in ("escape", "c-d"):
            self._block(now_s)
            self._hands.toggle_driving()
        self._hands.keys_changed()

    def _block(self, now_s: float) -> None:
        self._keys.block(now_s)
        self._hands.keys_changed()

    def _run(self) -> None:
        try:
            looked_s = self._clock()
            while not self._closing.is_set():
                ready, _, _ = select.select([self._fd], [], [], _POLL_S)
                now_s = self._clock()
                if now_s - looked_s > _STALL_S:
                    self.stalled(now_s)
                looked_s = now_s
                if not ready:
                    self.idle(now_s)
                elif data := os.read(self._fd, _READ_BYTES):
                    self.feed(data, now_s)
                else:
                    break
        except OSError:
            pass  # as the end of the file
        finally:
            self._ended.set()
            if not self._closing.is_set():
                self._hands.gone()
