"""On MicroPython: hostile lines on both ports of the whole application; prints by how many bytes the heap has grown.

`micropython heap.py INPUTS SEED`, with the firmware and tests/firmware/fakes on the path.
"""

import gc
import sys

from bench import Bench

_state = int(sys.argv[2])


def pick(low, high):
    global _state
    _state = (_state * 1103515245 + 12345) & 0x3FFFFFFF
    return low + (_state >> 8) % (high - low + 1)


WORDS = (
    b"arm",
    b"set",
    b"sweep_mm_s",
    b"@1 0123456789abcdef",
    b"drive",
    b"300",
    b"help",
    b"get",
    b"log",
    b"-1",
    b"dump",
    b"x" * 200,
)


def made():
    kind = pick(0, 2)
    if kind == 0:
        return bytes([pick(0, 255) if pick(0, 4) else 10 for _ in range(pick(1, 200))])
    if kind == 1:
        return b" ".join([WORDS[pick(0, len(WORDS) - 1)] for _ in range(pick(1, 4))]) + b"\n"
    return b"\n".join([WORDS[pick(0, len(WORDS) - 1)] for _ in range(pick(1, 20))]) + b"\r"


def rest(bench):
    """Everything answered, nothing waiting: what the heap holds now.

    The same inputs go before each measurement: the collector takes stale words on the stack for pointers, and so keeps
    a few blocks that depend on what ran last.
    """
    global _state
    kept, _state = _state, 1
    run(bench, 40)
    _state = kept
    for port in bench.ports:
        port.waiting = b""
    bench.tick(150)
    for port in bench.ports:
        port.sent = b""
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def run(bench, count):
    for _ in range(count):
        port = bench.ports[pick(0, 1)]
        port.waiting = made()
        port.sent = b""
        bench.tick(8)
        bench.app.leave_for = ""
        port.waiting = b""


before = after = 0  # so that the names themselves take no new room
bench = Bench()
run(bench, 1500)
before = rest(bench)
run(bench, int(sys.argv[1]))
after = rest(bench)
print(after - before)
