"""The board's side of the pipes to hil/rigs/sil/process.py, which describes the messages: batches in, reports out.

A batch holds all that comes into the board up to its end; the report answers when the clock gets there, or when the
board resets. Times in both are microseconds from the batch's beginning.
"""

import struct
import sys

import clock
import micropython
import uctypes
from micropython import const

SLICE, RESET, BOOTLOADER = 0, 1, 2
FLAG_ESTOP = 1 << 10
FLAG_IMU = 1 << 11
IMU_FAULT_SHIFT = 12
PIN, PWM, SERIAL, FLASH, PROMPT, CONVERTER, BUSY = range(7)

_HEAD = "<IBxHI"  # report: bytes that follow, kind, cause, time
_HEAD_BYTES = 12
_BATCH = "<IIIIIIIIIIII"  # length, edges, flags, points of 5 inputs, bytes of 3 lines, rows of the IMU
_BATCH_BYTES = 48
_ROW_BYTES = 20
_LEAST_ROOM = const(16 + 4096)

flags = 0
takers = {}  # "edges", "waves", "imu", "serial" -> function; "settle": bring everything up to now

_stdin = sys.stdin.buffer
_stdout = sys.stdout.buffer
_size = bytearray(4)
_in = bytearray(65536)
_out = bytearray(65536)
_at = _HEAD_BYTES


@micropython.viper
def record(t: int, kind: int, which: int, value: int):
    """One output: a pin's level or a duty. As "<IBBH": time, kind, which, value or number of bytes that follow."""
    global _at, _out
    at = int(_at)
    if at + _LEAST_ROOM > int(len(_out)):
        _out = _out + bytes(len(_out))
    if t < 0:
        t = 0
    to = ptr8(_out)
    to[at] = t
    to[at + 1] = t >> 8
    to[at + 2] = t >> 16
    to[at + 3] = t >> 24
    to[at + 4] = kind
    to[at + 5] = which
    to[at + 6] = value
    to[at + 7] = value >> 8
    _at = at + 8


@micropython.native
def record_bytes(t, line, data, kind=SERIAL):
    """Bytes that left on a serial line, or a block of flash (at most 4096)."""
    global _at
    size = len(data)
    record(t, kind, line, size)
    _out[_at : _at + size] = data
    _at += size


def report(kind, cause=0):
    """Hand over what happened since the last report."""
    global _at
    takers["settle"]()
    struct.pack_into(_HEAD, _out, 0, _at - 4, kind, cause, clock.now)
    view = memoryview(_out)[:_at]
    while len(view):
        view = view[_stdout.write(view) :]
    _at = _HEAD_BYTES


def leave(kind, cause=0):
    """The board is gone: report, and wait for the rig to end this process."""
    report(kind, cause)
    while _stdin.read(1):
        pass
    raise SystemExit


def turn():
    """Report and take the next batch: the clock's `turn`."""
    report(SLICE)
    clock.rebase(clock.limit)
    take()


def take():
    """Wait for a batch and hand its inputs out."""
    global flags, _in
    _read(_size, 4)
    size = struct.unpack("<I", _size)[0]
    if size > len(_in):
        _in = bytearray(size)
    _read(_in, size)
    head = struct.unpack_from(_BATCH, _in, 0)
    flags = head[2]
    address = uctypes.addressof(_in) + _BATCH_BYTES
    takers["edges"](address, head[1], flags)
    address += 8 * head[1]
    takers["waves"](address, head[3:8])
    at = _BATCH_BYTES + 8 * (head[1] + sum(head[3:8]))
    takers["imu"](at, head[11], flags)
    at += _ROW_BYTES * head[11]
    for line in range(3):
        size = head[8 + line]
        if size:
            takers["serial"](line, bytes(_in[at : at + size]))
            at += size
    clock.grant(head[0])


def read_config():
    """The first message: JSON text."""
    _read(_size, 4)
    data = bytearray(struct.unpack("<I", _size)[0])
    _read(data, len(data))
    return data


def _read(buffer, size):
    view = memoryview(buffer)[:size]
    while len(view):
        count = _stdin.readinto(view)
        if not count:
            raise SystemExit
        view = view[count:]


clock.turn = turn
