"""On MicroPython: takes a flood of hostile radio lines with the heap locked; a single allocation ends it.

Run with the firmware and the fakes on the path; prints the lines that were dropped.
"""

import micropython
from sapper.crypto.signing import Signer
from sapper.link.gate import Gate
from sapper.link.radio_link import RadioLink

KEY = bytes(range(32))
NONCE = bytes(range(16))


class Line:
    """A port that gives the same bytes again and again, 57 a tick."""

    def __init__(self, data):
        self._data = data
        self._at = 0

    @micropython.native
    def read_into(self, buffer):
        for i in range(57):
            buffer[i] = self._data[self._at]
            self._at = (self._at + 1) % len(self._data)
        return 57

    def write(self, buffer, at=0, most=-1):
        return len(buffer) - at if most < 0 else most

    def interruptible(self, on):
        pass


forged = Signer(bytes(32), NONCE)
FLOODS = (
    b"".join([(forged.sign(n, "drive 300 0") + "\n").encode() for n in range(1, 200, 7)]),
    b"@9 0123456789abcdef x\n",
    b"arm\ndisarm\nq\n\n\r\r\n",
    b"\x01\x02\n\x00\n" + b"x" * 400 + b"\n",
    bytes(range(256)),
)
for data in FLOODS:
    link = RadioLink(1, Line(data), Gate(KEY, NONCE))
    while link.reader.dropped() == 0:
        link.read_line()
        link.read_line()
    while link.read_line() is not None:
        pass
    before = link.reader.dropped() + link.lost_lines
    ticks = 0
    micropython.heap_lock()
    while ticks < 15:  # fewer than until the next line is looked at
        link._port.read_into(link._buffer)
        link._take(57)
        ticks += 1
    micropython.heap_unlock()
    print(link.reader.dropped() + link.lost_lines - before)
