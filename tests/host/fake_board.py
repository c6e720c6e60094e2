"""A board that is not there: a pseudo-terminal whose other end speaks the console, as badly as a test wants.

It knows the tables of firmware/sapper and a little of the states; tests set delays, drops, garbage and vanishing.
"""

from __future__ import annotations

import os
import pty
import select
import shutil
import struct
import tempfile
import threading
import time
import tty
import zlib
from collections.abc import Callable
from typing import Self

from cobs import cobs

from sapper.shared import events, fields, wire
from sapper.shared.commands import COMMANDS, ROWS

VERSION_ANSWER = "ok sapper=0.1.0 git=abc1234 micropython=1.25.0 board=e6614c775b000001 source=factory cause=power_on"


def frame_bytes(kind_id: int, sequence: int, **values: int) -> bytes:
    """A telemetry frame as the board sends it, made with the standard library and `cobs`, not the firmware's code."""
    fields = wire.FIELDS[kind_id]
    body = struct.pack(wire.FORMATS[kind_id], kind_id, sequence, *(values.get(name, 0) for name in fields))
    return b"\0" + cobs.encode(body + struct.pack("<I", zlib.crc32(body))) + b"\0"


class SerialEnd:
    """The board's end of a serial line. Use as a context manager; `port` is the path to open at the other end."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        # A name of its own, as a vanished board's must not lead to the pseudo-terminal that gets its number next.
        self._folder = tempfile.mkdtemp(prefix="fake-board-")
        self.port = os.path.join(self._folder, "ttyFAKE")
        os.symlink(os.ttyname(self._slave), self.port)
        self._leave = threading.Event()
        self._gone = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()

    def vanish(self) -> None:
        """Pull the plug."""
        if self._gone:
            return
        self._gone = True
        unplugged = self._leave.is_set()
        self._leave.set()
        shutil.rmtree(self._folder)
        self._thread.join(timeout=5)
        os.close(self._slave)
        if not unplugged:
            os.close(self._master)

    def unplug(self) -> None:
        """Pull the plug in the middle of what `_receive` does. The other end stays until `vanish`, so that nobody
        else's terminal gets this one's name."""
        self._leave.set()
        os.close(self._master)

    def send(self, data: bytes) -> None:
        """Put bytes on the line, as they are."""
        os.write(self._master, data)

    def _serve(self) -> None:
        while not self._leave.is_set():
            if select.select([self._master], [], [], 0.01)[0]:
                try:
                    data = os.read(self._master, 4096)
                except OSError:
                    return
                self._receive(data)
            if not self._leave.is_set():
                self._turn()

    def _receive(self, data: bytes) -> None:
        """What to do with bytes that came."""
        raise NotImplementedError

    def _turn(self) -> None:
        """What else to do, a hundred times a second."""


class FakeBoard(SerialEnd):
    """A board that says what a test has it say. `heard` are the lines that arrived."""

    def __init__(self, version: str = VERSION_ANSWER) -> None:
        super().__init__()
        self.version = version
        self.heard: list[str] = []
        self.delay_s = 0.0
        self.drop_answers = 0
        self.mute = False
        self.before_answer = b""
        self.state = "SAFE"
        self.telemetry = False
        self._sequence = 0
        self._number = 0
        self._start = time.monotonic()
        self._begun = bytearray()
        self._waiting: list[tuple[float, str]] = []

    @property
    def t_ms(self) -> int:
        return int((time.monotonic() - self._start) * 1000)

    def event(self, kind: str, s_mm: int, *args: int) -> None:
        """Tell an event, as text or as a frame."""
        self._number += 1
        kind_id = events.KIND_ID[kind]
        if self.telemetry:
            values = dict(zip("abcde", args, strict=False))
            self.frame(wire.EVENT, number=self._number, t_ms=self.t_ms, kind=kind_id, s_mm=s_mm, **values)
        else:
            self.send(fields.text_line(self._number, self.t_ms, kind_id, s_mm, args).encode() + b"\r\n")

    def frame(self, kind_id: int, /, **values: int) -> None:
        """Send one telemetry frame."""
        self._sequence = (self._sequence + 1) & 255
        self.send(frame_bytes(kind_id, self._sequence, **values))

    def _receive(self, data: bytes) -> None:
        for byte in data:
            if byte == 10:
                self._queue(self._begun.decode("ascii", "replace"))
                self._begun.clear()
            else:
                self._begun.append(byte)

    def _turn(self) -> None:
        while self._waiting and time.monotonic() >= self._waiting[0][0]:
            self._line(self._waiting.pop(0)[1])

    def _queue(self, line: str) -> None:
        """Lines wait for their turn; `stop` goes before all others."""
        self.heard.append(line)
        if line == "stop":
            self._waiting.insert(0, (0.0, line))
        else:
            self._waiting.append((time.monotonic() + self.delay_s, line))

    def _line(self, line: str) -> None:
        if self.mute:
            return
        answer = self._answer(line)
        if self.drop_answers:
            self.drop_answers -= 1
            return
        self.send(self.before_answer + answer.replace("\n", "\r\n").encode() + b"\r\n")

    def _answer(self, line: str) -> str:
        words = line.split()
        if not words:
            return "ok"
        if words[0] not in ROWS:
            return f"err unknown: no command '{words[0]}'; `help` lists them"
        handler: Callable[[list[str]], str] | None = getattr(self, "_" + words[0], None)
        return handler(words[1:]) if handler else "ok"

    def _version(self, words: list[str]) -> str:
        return self.version

    def _nonce(self, words: list[str]) -> str:
        """A board without a radio key, over USB."""
        return "ok nonce=0123456789abcdef counter=0 key=none port=usb"

    def _key(self, words: list[str]) -> str:
        return "ok key=none"

    def _ping(self, words: list[str]) -> str:
        return f"ok t_ms={self.t_ms}"

    def _status(self, words: list[str]) -> str:
        return f"ok state={self.state} reason=none fault=none s_mm=0 speed_mm_s=0 vsys_mv=5000"

    def _help(self, words: list[str]) -> str:
        return "".join(f"  {row[1]:30} {row[4]}\n" for row in COMMANDS) + "ok"

    def _telemetry(self, words: list[str]) -> str:
        self.telemetry = words == ["on"]
        return "ok telemetry=" + words[0]

    def _arm(self, words: list[str]) -> str:
        if not words:
            return "ok code=4821 type `arm CODE` within 5000 ms"
        if words != ["4821"]:
            return "err code: the code is wrong or late; type `arm` for a new one"
        return self._to("ARMED")

    def _disarm(self, words: list[str]) -> str:
        return self._to("SAFE")

    def _stop(self, words: list[str]) -> str:
        return self._to("STOPPED")

    def _sweep(self, words: list[str]) -> str:
        if self.state != "ARMED":
            return "err state: sweep is not for " + self.state
        return self._to("SWEEP")

    def _to(self, state: str) -> str:
        before, self.state = self.state, state
        self.event("state", 0, events.STATES.index(state), events.STATES.index(before), 1)
        return "ok state=" + state
