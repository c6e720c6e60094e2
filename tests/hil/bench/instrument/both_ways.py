"""Runs the instrument's pure modules over made-up inputs and prints what comes out: under both Pythons the same.

`python both_ways.py PART` with the instrument's modules on the path, flat as on its board.
"""

import struct
import sys
from array import array

import codec
import reducer
import report
import timeline
import wire

_state = 12345


def pick(low, high):
    """A number from low to high: the same row of them everywhere."""
    global _state
    _state = (_state * 1103515245 + 12345) & 0x3FFFFFFF
    return low + (_state >> 8) % (high - low + 1)


def frames():
    for length in (0, 1, 12, 255, 2048):
        buffer = bytearray([0] * 4 + [pick(0, 255) for _ in range(length)] + [0] * 4)
        print(codec.close(buffer, pick(1, 5), length, codec.TABLE), bytes(buffer[-4:]))
        for cut in (length + 8, length + 7, 3, 0):
            print(codec.find(buffer, cut, codec.TABLE))
        buffer[pick(0, length + 7)] ^= 1 << pick(0, 7)
        print(codec.find(buffer, length + 8, codec.TABLE))


def entries():
    """Pulses, slow and fast, that begin and cease, over wraps of everything."""
    offset = 54321
    state = reducer.new_state("pssspppeeeee", offset, 12)
    rings = [array("I", [0] * 4096) for _ in range(3)]
    rings[0][4095] = 0x20000000
    out = bytearray(2064)
    now = array("I", [1, 0])
    played = timeline.new_state(4294960000)
    us, cycle, end, levels = 4294900000, 0, 0, 0
    for turn in range(400):
        for _ in range(pick(0, 60) if turn != 200 else 4500):
            step = (pick(6, 50), pick(100, 9000), pick(6240, 6260), pick(1, 200000))[pick(0, 3) if turn & 8 else 2]
            cycle += step
            levels ^= 1 << pick(0, 11) if turn & 8 else 0x30
            rings[0][end] = levels
            rings[1][end] = (us + cycle // 125) & 0xFFFFFFFF
            rings[2][end] = (cycle + us * 125 + offset) & 0xFFFF
            end = (end + 1) & 4095
        now[1] = (us + cycle // 125 + 2) & 0xFFFFFFFF
        cycle += pick(0, 1) * 100000
        whole = reducer.scan(state, 0, 0, state, out, rings[0], rings[1], rings[2], reducer.LOWEST, end)
        if whole:
            reducer.silences(state, out, rings[1], rings[2], now)
        length = report.head(out, now, whole, state, played, pick(0, 31), pick(0, 65535))
        count = codec.close(out, wire.REPORT, length, codec.TABLE)
        print(turn, whole, state[4], bytes(out[:count]))
        state[3] = state[4] = 0
        if turn % 50 == 0:
            reducer.tell_again(state)


def slices():
    """A queue that is filled, held, refused and forgotten."""
    state = timeline.new_state(4294960000)
    words, frames = array("I", [0] * 4096), array("I", [0] * 4096)
    timeline.fill(state, words, frames)
    timeline.hold(state, words, frames, 10)
    at = frame = 0
    for step in range(300):
        end = state[timeline.END_US] | state[timeline.END_US + 1] << 16
        beats, count = pick(1, 6), pick(1, 20)
        left = beats * 62500
        payload = struct.pack("<IIHH", (end + pick(-3, 40) * 500) & 0xFFFFFFFF, beats * 500, count, beats)
        for i in range(count):
            delay = pick(3, left // (count - i)) if i < count - 1 else left
            left -= delay
            payload += struct.pack("<I", (delay - 3) | pick(0, 63) << 26)
        for _ in range(4 * beats):
            payload += struct.pack("<H", pick(0, 4095))
        made = bytearray(b"\0\0\0\0" + payload)
        why = timeline.check(state, made, len(payload) - (pick(0, 9) == 0), at, frame)
        while not why:
            gap = timeline.append(state, words, frames, made)
            if not gap:
                break
            timeline.hold(state, words, frames, gap)
        timeline.guard(state, words, frames)
        behind = timeline.ahead(state, at)
        at = (at + pick(0, behind + 2 if behind > 0 else 2)) & 4095
        frame = (state[timeline.FRAME_END] - pick(0, 20)) & 511 if step % 7 == 0 else frame
        seen = array(
            "I", [7, (end - pick(0, 30) * 500) & 0xFFFFFFFF, 4 * at, 0, 32 * frame, 0, pick(0, 9), pick(0, 62499)]
        )
        print(step, why, behind, timeline.turn(state, words, frames, seen), list(state))
        if step % 40 == 39:
            print(timeline.forget(state, words, at), list(state))
            timeline.let_go(state)
        if step % 60 == 0:
            print(list(words), list(frames))


PARTS = {"frames": frames, "entries": entries, "slices": slices}

if __name__ == "__main__":
    PARTS[sys.argv[1]]()
