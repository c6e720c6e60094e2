"""The radio's link: as link.Link, but anybody may send anything there, as fast as the line goes."""

import micropython
from sapper.link.link import LINES_MAX, Link
from sapper.link.often import PROVED
from sapper.link.radio_reader import RadioReader

_PROVED_MAX = 2 * LINES_MAX
_TYPED_MOST = 4  # bytes a tick that may be a person's, who is given an echo


class RadioLink(Link):
    """gate: gate.Gate. Lines that carry the key's MAC find room even where others already wait."""

    def __init__(self, index, port, gate):
        super().__init__(index, port, False, RadioReader(gate))

    @micropython.native
    def read_line(self):
        """The next line to be carried out, or None. Call once a tick."""
        self.reader.elapse()
        return Link.read_line(self)

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
