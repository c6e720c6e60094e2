"""The frames between Python and the Node process (node/protocol.mjs is the other end).

Little-endian, each preceded by its length (u32). A request is a row of commands; an answer is a status, the events
since the last one, and replies to queries.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hil.rigs.virtual.events import FLASH_OPERATIONS, RESET_CAUSES, USB_STATES, Event

RUN = 1
DRIVE = 2
DRIVE_MANY = 3
WATCH_PIN = 4
WATCH_DUTY = 5
ADC_PLAY = 6
ADC_SET = 7
USB_WRITE = 8
UART_WRITE = 9
CALL = 10
MEMORY_READ = 11
MEMORY_WRITE = 12
FLASH_READ = 13
FLASH_WRITE = 14
STEP = 15
FLASH_TORN = 16
MAKE = 17  # of a pair: a board, with its options
SELECT = 18  # of a pair: whom the commands from here on are for
IMU_PLAY = 19

RELEASED = 2
PINS = 30

_STATUS = struct.Struct("<ddIIIIIIII30sxx")
_DUTIES = struct.Struct("<30d")
_COUNTS = struct.Struct("<II")
_EVENT = struct.Struct("<dBBxxId")
_HEAD = _STATUS.size + _DUTIES.size + _COUNTS.size

_FLAG_POWERED = 1
_FLAG_BOOTSEL = 2
_FLAG_SLEEPING = 4
_FLAG_ERROR = 8

_PIN, _DUTY, _USB, _UART, _RESET, _FLASH, _POWER, _BOOTSEL, _USB_STATE = range(1, 10)


class Status(NamedTuple):
    """The board after an exchange. Levels and outputs are bit masks over GPIO 0..29."""

    now_ns: float
    busy_ns: float
    pc: int
    levels: int
    outputs: int
    flash_operations: int
    usb_backlog: int
    uart_backlog: tuple[int, int]
    functions: bytes
    duties: tuple[float, ...]
    powered: bool
    in_bootsel: bool
    sleeping: bool
    usb_state: str
    error: bool


def u8_f64(opcode: int, number: int, value: float) -> bytes:
    return struct.pack("<BBd", opcode, number, value)


def run(until_ns: float) -> bytes:
    return struct.pack("<Bd", RUN, until_ns)


def step(count: int) -> bytes:
    return struct.pack("<BI", STEP, count)


def drive(pin: int, level: int, at_ns: float) -> bytes:
    return struct.pack("<BBBd", DRIVE, pin, level, at_ns)


def drive_many(pin: int, times_ns: Sequence[float] | np.ndarray, levels: Sequence[int] | np.ndarray) -> bytes:
    times = np.asarray(times_ns, dtype="<f8")
    return struct.pack("<BBI", DRIVE_MANY, pin, len(times)) + times.tobytes() + np.asarray(levels, np.uint8).tobytes()


def watch(opcode: int, pin: int, on: bool) -> bytes:
    return struct.pack("<BBB", opcode, pin, on)


def adc_play(channel: int, times_ns: np.ndarray, values_mv: np.ndarray, linear: bool) -> bytes:
    times, values = np.asarray(times_ns, dtype="<f8"), np.asarray(values_mv, dtype="<f8")
    return struct.pack("<BBBI", ADC_PLAY, channel, linear, len(times)) + times.tobytes() + values.tobytes()


def imu_play(times_ns: np.ndarray, rows: np.ndarray) -> bytes:
    times = np.asarray(times_ns, dtype="<f8")
    return struct.pack("<BI", IMU_PLAY, len(times)) + times.tobytes() + np.asarray(rows, dtype="<i2").tobytes()


def usb_write(data: bytes) -> bytes:
    return struct.pack("<BI", USB_WRITE, len(data)) + data


def uart_write(index: int, data: bytes, at_ns: float) -> bytes:
    return struct.pack("<BBdI", UART_WRITE, index, at_ns, len(data)) + data


def call(name: str, *args: Any) -> bytes:
    body = json.dumps([name, *args]).encode()
    return struct.pack("<BI", CALL, len(body)) + body


def read_at(opcode: int, address: int, length: int) -> bytes:
    return struct.pack("<BII", opcode, address, length)


def write_at(opcode: int, address: int, data: bytes) -> bytes:
    return struct.pack("<BII", opcode, address, len(data)) + data


def torn_image(operation: int, half: bool, seed: int) -> bytes:
    return struct.pack("<BIBI", FLASH_TORN, operation, half, seed)


def make(board: int, options: dict[str, Any]) -> bytes:
    body = json.dumps(options).encode()
    return struct.pack("<BBI", MAKE, board, len(body)) + body


def select(board: int) -> bytes:
    return struct.pack("<BB", SELECT, board)


def split_answers(joined: bytes) -> list[bytes]:
    """The answers of a pair's boards, in order; b"" for one that is not there yet."""
    answers = []
    at = 0
    while at < len(joined):
        (length,) = struct.unpack_from("<I", joined, at)
        answers.append(joined[at + 4 : at + 4 + length])
        at += 4 + length
    return answers


def decode(answer: bytes) -> tuple[Status, list[Event], list[bytes]]:
    """Takes an answer apart into status, events and replies."""
    now, busy, pc, flags, levels, outputs, operations, usb_backlog, uart0, uart1, functions = _STATUS.unpack_from(
        answer
    )
    duties = _DUTIES.unpack_from(answer, _STATUS.size)
    count, blob_length = _COUNTS.unpack_from(answer, _STATUS.size + _DUTIES.size)
    status = Status(
        now,
        busy,
        pc,
        levels,
        outputs,
        operations,
        usb_backlog,
        (uart0, uart1),
        functions,
        duties,
        bool(flags & _FLAG_POWERED),
        bool(flags & _FLAG_BOOTSEL),
        bool(flags & _FLAG_SLEEPING),
        USB_STATES[(flags >> 4) & 3],
        bool(flags & _FLAG_ERROR),
    )
    events: list[Event] = []
    blob_at = _HEAD + count * _EVENT.size
    replies_at = blob_at + blob_length
    if count:
        for nanos, kind, index, length, value in _EVENT.iter_unpack(answer[_HEAD:blob_at]):
            events.append(_event(round(nanos), kind, index, value, answer[blob_at : blob_at + length]))
            blob_at += length
    replies = []
    while replies_at < len(answer):
        (length,) = struct.unpack_from("<I", answer, replies_at)
        replies.append(answer[replies_at + 4 : replies_at + 4 + length])
        replies_at += 4 + length
    return status, events, replies


def _event(t_ns: int, kind: int, index: int, value: float, data: bytes) -> Event:
    if kind == _PIN:
        return Event(t_ns, "pin", index, int(value))
    if kind == _DUTY:
        return Event(t_ns, "duty", index, value)
    if kind == _USB:
        return Event(t_ns, "usb", 0, data)
    if kind == _UART:
        return Event(t_ns, "uart", index, data)
    if kind == _RESET:
        return Event(t_ns, "reset", 0, RESET_CAUSES[index])
    if kind == _FLASH:
        return Event(t_ns, "flash", FLASH_OPERATIONS[index], int(value))
    if kind == _POWER:
        return Event(t_ns, "power", 0, int(value))
    if kind == _BOOTSEL:
        return Event(t_ns, "bootsel", 0, int(value))
    return Event(t_ns, "usb_state", 0, USB_STATES[int(value)])
