"""The last events, in RAM that a watchdog reset leaves as it was: what the console's `log` prints, also after a reset.

Layout, 32-bit words: magic, capacity, next number, then a ring of CAPACITY rows. A row's number is taken away before
the row is changed and put back after, so a reset in between leaves no half row that looks whole.
"""

from micropython import const
from sapper.shared.events import ARGS_MAX, KIND_ROW, put_line
from sapper.shared.text import Text

CAPACITY = 64
_WIDTH = 4 + ARGS_MAX  # number, t_ms, kind, s_mm, arguments
_HEADER = const(3)
_MAGIC = const(0x1AB0C5)
_NEXT_MOST = const(1 << 29)
WORDS = _HEADER + CAPACITY * _WIDTH


class EventLog:
    """A ring of CAPACITY events; `add` allocates nothing. Readers keep the number they have read up to.

    words: WORDS signed 32-bit integers, kept or new (all 0, or anything). Numbers go on from what is found there.
    """

    def __init__(self, words):
        self.rows = words
        self.next = 1
        self._first = 1
        if words[0] == _MAGIC and words[1] == CAPACITY and 0 < words[2] < _NEXT_MOST:
            self._find(words[2])
        words[0] = _MAGIC
        words[1] = CAPACITY
        words[2] = self.next

    def _find(self, after):
        """Take over the rows before number `after` that are whole; a gap ends them."""
        self.next = after
        self._first = after
        while self._first > max(1, after - CAPACITY):
            at = self.at(self._first - 1)
            if self.rows[at] != self._first - 1 or self.rows[at + 2] not in KIND_ROW:
                break
            self._first -= 1

    def at(self, number):
        """Where in `rows` event `number` is: number, t_ms, kind, s_mm, arguments."""
        return _HEADER + number % CAPACITY * _WIDTH

    def add(self, t_ms, kind, s_mm, a=0, b=0, c=0, d=0, e=0):
        """Append one event; the oldest goes."""
        at = _HEADER + self.next % CAPACITY * _WIDTH
        rows = self.rows
        rows[at] = 0
        rows[at + 1] = t_ms
        rows[at + 2] = kind
        rows[at + 3] = s_mm
        rows[at + 4] = a
        rows[at + 5] = b
        rows[at + 6] = c
        rows[at + 7] = d
        rows[at + 8] = e
        rows[at] = self.next
        self.next += 1
        rows[2] = self.next

    def oldest(self):
        """The number of the oldest event still held."""
        return max(self._first, self.next - CAPACITY)

    def put(self, number, text):
        """Event `number` as its console line, into a text.Text."""
        at = self.at(number)
        rows = self.rows
        put_line(text, rows[at], rows[at + 1], rows[at + 2], rows[at + 3], rows, at + 4)

    def text(self, number, text=None):
        """The same as a str; text: to write it in, for whoever writes many."""
        text = text or Text()
        self.put(number, text)
        return text.text()
