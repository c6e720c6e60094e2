"""The Node process behind a virtual Pico, or behind two: started, spoken to, and ended here."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Protocol, cast

from hil.rigs.virtual.errors import VirtualPicoError
from hil.rigs.virtual.events import Event
from hil.rigs.virtual.protocol import Status, decode, make, select, split_answers
from sapper_host import processes
from sapper_host.files.node import find_node

_HERE = Path(__file__).resolve().parent
_BRIDGE = _HERE / "node" / "bridge.mjs"
_BOOTROM = _HERE / "bootrom_b1.bin"
_CLOSE_TIMEOUT_S = 1.0


def ready_node() -> str:
    """Path of the Node program; VirtualPicoError when there is none or rp2040js is not installed."""
    node = find_node()
    if node is None:
        raise VirtualPicoError("the virtual Pico needs Node 20 or later, and there is no `node`; run `make setup`")
    if not (_HERE / "node_modules" / "rp2040js").is_dir():
        raise VirtualPicoError("rp2040js is not installed; run `make setup` (or `npm ci` in hil/rigs/virtual)")
    return node


class NodeProcess:
    """A running bridge: requests in, answers out."""

    def __init__(self, options: dict[str, Any]) -> None:
        arguments = json.dumps({"bootrom": str(_BOOTROM), **options})
        self._errors = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115 -- lives as long as the process
        self._process = processes.start(
            [ready_node(), str(_BRIDGE), arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            ending=signal.SIGKILL,
            env={**os.environ, "TZ": "UTC"},  # the emulated RTC counts in the process's local time
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin = self._process.stdin.fileno()
        self._stdout = self._process.stdout.fileno()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def ask(self, request: bytes) -> bytes:
        """Sends a request and waits for the answer."""
        if self._process.returncode is not None:
            raise VirtualPicoError("the virtual Pico is closed", kind="process")
        try:
            self._send(struct.pack("<I", len(request)) + request)
            (length,) = struct.unpack("<I", self._receive(4))
            return self._receive(length)
        except BaseException:
            # Half an exchange cannot be mended, whatever interrupted it (Ctrl-C for one), nor waited for.
            self._process.kill()
            self.close()
            raise

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._stdin, view) :]
            except BrokenPipeError:
                raise self._died() from None

    def _receive(self, length: int) -> bytes:
        data = os.read(self._stdout, length)
        if len(data) == length:
            return data
        parts = [data]
        missing = length - len(data)
        while missing:
            if not parts[-1]:
                raise self._died()
            parts.append(os.read(self._stdout, missing))
            missing -= len(parts[-1])
        return b"".join(parts)

    def _died(self) -> VirtualPicoError:
        self._process.wait()
        self._errors.seek(0)
        tail = self._errors.read().decode(errors="replace").strip().splitlines()[-12:]
        return VirtualPicoError("the emulator's process ended: " + ("\n".join(tail) or "no message"), kind="process")

    def close(self) -> None:
        """Ends the process: it stops when its input closes, and is made to if it is in the middle of a long run."""
        if self._process.returncode is not None:
            return
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                cast(IO[bytes], stream).close()
        for end in (self._process.terminate, self._process.kill):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_CLOSE_TIMEOUT_S)
                break
            end()
        self._process.wait()
        self._errors.close()


# What a link tells of its board: status, events, replies since the last time. It gives back what the board cannot go on
# with, if anything.
Told = Callable[[Status, list[Event], list[bytes]], VirtualPicoError | None]


class Link(Protocol):
    """The way to one board. Requests gather until an exchange takes them across together."""

    @property
    def process_id(self) -> int:
        """Of the Node process."""

    @property
    def has_pending(self) -> bool:
        """Whether something was posted since the last exchange."""

    def post(self, command: bytes) -> None:
        """Adds a command to the next exchange."""

    def exchange(self) -> list[bytes]:
        """Sends what was posted, waits for the answer, has it told, and returns the replies in it."""

    def close(self) -> None:
        """Ends the process."""


class NodeLink:
    """A `Link` to a board with a process of its own."""

    def __init__(self, options: dict[str, Any], told: Told) -> None:
        self._process = NodeProcess(options)
        self._told = told
        self._pending = bytearray()

    @property
    def process_id(self) -> int:
        return self._process.process_id

    @property
    def has_pending(self) -> bool:
        return len(self._pending) > 0

    def post(self, command: bytes) -> None:
        self._pending += command

    def exchange(self) -> list[bytes]:
        request = bytes(self._pending)
        self._pending.clear()
        status, events, replies = decode(self._process.ask(request))
        error = self._told(status, events, replies)
        if error is not None:
            raise error
        return replies

    def close(self) -> None:
        self._process.close()


class PairProcess:
    """A process with two boards in it. Whichever of them asks, both are told."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.process = NodeProcess({"pair": options})
        self._told: list[Told] = []
        self._pending = bytearray()
        self._selected = -1

    def link(self, options: dict[str, Any], told: Told) -> PairLink:
        """Makes the next board."""
        board = len(self._told)
        self._told.append(told)
        self._pending += make(board, options)
        return PairLink(self, board)

    @property
    def has_pending(self) -> bool:
        return len(self._pending) > 0

    def post(self, board: int, command: bytes) -> None:
        if board != self._selected:
            self._pending += select(board)
            self._selected = board
        self._pending += command

    def exchange(self, board: int) -> list[bytes]:
        request = bytes(self._pending)
        self._pending.clear()
        answers = [decode(answer) for answer in split_answers(self.process.ask(request)) if answer]
        errors = [told(*answer) for told, answer in zip(self._told, answers, strict=True)]
        for error in errors:
            if error is not None:
                raise error
        return answers[board][2]


class PairLink:
    """A `Link` to one of them."""

    def __init__(self, pair: PairProcess, board: int) -> None:
        self._pair = pair
        self._board = board

    @property
    def process_id(self) -> int:
        return self._pair.process.process_id

    @property
    def has_pending(self) -> bool:
        return self._pair.has_pending

    def post(self, command: bytes) -> None:
        self._pair.post(self._board, command)

    def exchange(self) -> list[bytes]:
        return self._pair.exchange(self._board)

    def close(self) -> None:
        self._pair.process.close()
