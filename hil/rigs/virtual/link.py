"""The Node process behind a virtual Pico: started, spoken to, and ended here."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any, cast

from hil.rigs.virtual.errors import VirtualPicoError
from hil.rigs.virtual.events import Event
from hil.rigs.virtual.protocol import Status, decode
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


class NodeLink:
    """A running bridge. Requests gather until an exchange takes them across together."""

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
        self._pending = bytearray()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def has_pending(self) -> bool:
        return len(self._pending) > 0

    def post(self, command: bytes) -> None:
        """Adds a command to the next exchange."""
        self._pending += command

    def exchange(self) -> tuple[Status, list[Event], list[bytes]]:
        """Sends what was posted and waits for the answer."""
        if self._process.returncode is not None:
            raise VirtualPicoError("the virtual Pico is closed", kind="process")
        request = bytes(self._pending)
        self._pending.clear()
        try:
            self._send(struct.pack("<I", len(request)) + request)
            (length,) = struct.unpack("<I", self._receive(4))
            return decode(self._receive(length))
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
