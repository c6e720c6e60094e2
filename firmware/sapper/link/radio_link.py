"""The radio's link: as link.Link, but anybody may send anything there, as fast as the line goes."""

import time

import micropython
from micropython import const
from sapper.link.link import LINES_MAX, Link
from sapper.link.often import PROVED
from sapper.link.radio_reader import RadioReader
from sapper.link.unproved import may_wait

_PROVED_MAX = 2 * LINES_MAX
_LONG_US = const(5600)
_WAITS_MOST_TICKS = const(6)
_TYPED_MOST = 4  # bytes a tick that may be a person's, who is given an echo


class RadioLink(Link):
    """gate: gate.Gate. Lines that carry the key's MAC find room even where others already wait.

    gives_way: something waits to be told, so that what anybody may say waits for another tick, but not for long.
    """

    def __init__(self, index, port, gate):
        super().__init__(index, port, False, RadioReader(gate))
        self.gives_way = False
        self._waited = 0

    @micropython.native
    def read_line(self, start_us=None):
        """The next line to be carried out, or None. Call once a tick. start_us: when that began: where it has taken
        long already, what anybody may say waits, too, as its answer takes two or three milliseconds."""
        self.reader.elapse()
        line = Link.read_line(self)
        if (
            (self.gives_way or start_us is not None and time.ticks_diff(time.ticks_us(), start_us) > _LONG_US)
            and self._waited < _WAITS_MOST_TICKS
            and may_wait(line)
        ):
            self._waited += 1
            self._lines.insert(0, line)
            return None
        self._waited = 0
        return line

    @micropython.native
    def _take(self, count):
        reader = self.reader
        if count <= _TYPED_MOST and reader.by_hand:
            self._echo_typed(count)
        reader.begin(count)
        while True:
            line = reader.next(self._buffer)
            if line is None:
                break
            self._queue(line)

    def forget_proved(self):
        """Another key: what waits was proved by the old one. (A text has its mark, which the gate knows no more.)"""
        lines = self._lines
        lines[:] = [line for line in lines if isinstance(line, str) or not line & PROVED]

    def _echo_typed(self, count):
        for i in range(count):
            if self._rest:
                break
            self._echo(self._buffer, i, i + 1)

    def _queue(self, line):
        lines = self._lines
        if line == "stop":
            if not lines or lines[0] != "stop":
                lines.insert(0, line)
        elif len(lines) < (_PROVED_MAX if self.reader.proved else LINES_MAX):
            lines.append(line)
        else:
            self.lost_lines += 1
