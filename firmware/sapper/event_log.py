"""The last events, kept in RAM in one preallocated array: what the console's `log` prints."""

from array import array

from sapper.events import ARGS_MAX, text_line

CAPACITY = 64
_WIDTH = 4 + ARGS_MAX  # number, t_ms, kind, s_mm, arguments


class EventLog:
    """A ring of CAPACITY events; `add` allocates nothing. Readers keep the number they have read up to."""

    def __init__(self):
        self._rows = array("i", [0] * (CAPACITY * _WIDTH))
        self.next = 1

    def add(self, t_ms, kind, s_mm, a=0, b=0, c=0, d=0, e=0):
        """Append one event; the oldest goes."""
        at = self.next % CAPACITY * _WIDTH
        rows = self._rows
        rows[at] = self.next
        rows[at + 1] = t_ms
        rows[at + 2] = kind
        rows[at + 3] = s_mm
        rows[at + 4] = a
        rows[at + 5] = b
        rows[at + 6] = c
        rows[at + 7] = d
        rows[at + 8] = e
        self.next += 1

    def oldest(self):
        """The number of the oldest event still held."""
        return max(1, self.next - CAPACITY)

    def field(self, number, index):
        """Field `index` (0 number, 1 t_ms, 2 kind, 3 s_mm, 4.. arguments) of event `number`."""
        return self._rows[number % CAPACITY * _WIDTH + index]

    def text(self, number):
        """Event `number` as its console line."""
        at = number % CAPACITY * _WIDTH
        row = self._rows[at : at + _WIDTH]
        return text_line(row[0], row[1], row[2], row[3], row[4:])
