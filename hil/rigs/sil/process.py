"""The MicroPython process behind the sil rig, and the messages over its pipes.

To the board, little-endian, after a u32 with the bytes that follow:
- first JSON: how this run begins;
- then batches: u32 length in us, u32 edges, u32 flags (bit 8: the USB host reads; 9: it has the port open; 10: there
  are edges of ESTOP_OK; 11: the IMU is plugged in; 12, 13: its fault, an index into IMU_FAULTS), u32 points of each of
  5 inputs, u32 bytes for each of 3 serial lines, u32 rows of the IMU; edges as pairs of u32 (time, gpio << 1 | level);
  points as pairs of u32 (time, ADC input in 1/256 LSB, held until the next); rows as u32 time, 7 int16 (IMU_ROW),
  2 bytes of nothing, held, too; the bytes.
From the board, a report for each batch: u32 bytes that follow, u8 kind, u8 0, u16 cause, u32 time; records of u32 time,
u8 kind, u8 which, u16 value, with `value` bytes behind serial and flash records. Times in both count from
the batch's start; that of a BUSY record is how long the flash was, in `value` spells.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import struct
import subprocess
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.rigs.sil.compiled import compiled
from sapper_host import processes
from sapper_host.files.checkout import BUILD, ROOT

MODULES = Path(__file__).resolve().parent / "modules"
FIRMWARE = ROOT / "firmware"
_RUN = ("sapper", "board/modules")

SLICE, RESET, BOOTLOADER = range(3)
PIN, PWM, SERIAL, FLASH, PROMPT, CONVERTER, BUSY = range(7)
FLAG_USB_READS = 1 << 8
FLAG_USB_OPEN = 1 << 9
FLAG_ESTOP = 1 << 10
FLAG_IMU = 1 << 11
IMU_FAULT_SHIFT = 12
BATCH = struct.Struct("<IIIIIIIIIIII")
_HEAD = struct.Struct("<BxHI")
_SIZE = struct.Struct("<I")
RECORD = struct.Struct("<IBBH")

_SILENCE_S = 60.0
_READ_B = 1 << 16
_HEAP = "4M"


@dataclass(frozen=True)
class Report:
    """What came of a batch: kind, cause of a reset, its time in us from the batch's start, and the records."""

    kind: int
    cause: int
    now_us: int
    records: memoryview


@functools.cache
def revision() -> str:
    """What stands in the place of an image's git revision: that of the tree that is run, `.dirty` if changed."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=.dirty", "--abbrev=10", "--exclude=*"]
    try:
        return str(processes.run(command, capture_output=True, text=True, check=True, timeout=10).stdout).strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def default_micropython() -> Path:
    """The unix port that the toolchain leaves; HilError when there is none."""
    path = BUILD / "micropython"
    if not path.exists():
        raise HilError(f"{path} is not there; run `make micropython`")
    return path


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


class BoardProcess:
    """One run of the board, from reset to reset."""

    def __init__(self, micropython: Path | None) -> None:
        program = (micropython or default_micropython()).resolve()  # a bare name would be looked for among the commands
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        tree = compiled(program, {f"firmware/{name}": FIRMWARE / name for name in _RUN} | {"simulated": MODULES})
        modules, firmware = (tree / "simulated", tree / "firmware") if tree else (MODULES, FIRMWARE)
        command = [str(program), "-X", f"heapsize={_HEAP}", str(modules / "boot.py"), str(modules), str(firmware)]
        try:
            self._process = processes.start(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                ending=signal.SIGKILL,
                start_new_session=True,  # a Ctrl-C at the terminal is not meant for the board
            )
        except OSError as error:
            raise HilError(f"{program} cannot be run: {error}; run `make micropython`") from error
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to = self._process.stdin.fileno()
        self._from = self._process.stdout.fileno()
        self._finalizer = weakref.finalize(self, _end, self._process)

    def begin(self, config: dict[str, Any]) -> None:
        """The first message."""
        self._write(json.dumps(config).encode())

    def exchange(self, batch: bytes) -> Report:
        """Hand over a batch, wait for its report."""
        self._write(batch)
        data = self._read()
        kind, cause, now_us = _HEAD.unpack_from(data)
        return Report(kind, cause, now_us, memoryview(data)[_HEAD.size :])

    def close(self) -> None:
        """End the process."""
        self._finalizer()
        self._errors.close()

    def _write(self, data: bytes) -> None:
        view = memoryview(_SIZE.pack(len(data)) + data)
        try:
            while view:
                view = view[os.write(self._to, view) :]
        except BrokenPipeError:
            self._ended()

    def _read(self) -> bytes:
        """One report, without its size; nothing comes after it before the next batch."""
        data = b""
        while len(data) < _SIZE.size or len(data) < _SIZE.size + _SIZE.unpack_from(data)[0]:
            more = os.read(self._from, _READ_B) if self._ready() else b""
            if not more:
                self._ended()
            data += more
        return data[_SIZE.size :]

    def _ready(self) -> bool:
        if select.select([self._from], [], [], _SILENCE_S)[0]:
            return True
        raise HilError(f"the simulated board computed for {_SILENCE_S:g} s without its clock moving: an endless loop")

    def _ended(self) -> None:
        self._process.wait()
        self._errors.seek(0)
        text = self._errors.read().decode(errors="replace").strip()
        raise HilError(f"the simulated board's process ended (status {self._process.returncode}): {text[-2000:]}")
