"""One serial link: bytes in to lines; answers, events and telemetry out. Bounded memory, never waits."""

import micropython
from micropython import const
from sapper.link.ctrl_c import CtrlC
from sapper.link.line import CTRL_C, LineReader
from sapper.shared.text import MOST, Text

# Taken in one tick: a bound on the time that a flood can cost it. USB (polled byte by byte, 30 us each) is held back by
# flow control; a radio is not, so more is taken than its line can bring in a tick: nothing grows stale behind a flood.
READ_BYTES = (32, 64)
LINES_MAX = 4
_BEHIND_TICKS = const(3)
_ANSWERS_MAX = const(8)
_LINES_A_TICK = const(4)
_PROMPT = b"> "
# What MicroPython's tools send to ask for its raw prompt, and to leave it. The latter is passed over: whoever looks for
# a board says it to one that does not answer (host: board/at_prompt.py).
_CTRL_A = const(1)
_CTRL_B = const(2)
# In SAFE, a Ctrl-C behind lines that wait: one of them may arm, and then it is a stop. No line has this text.
_CTRL_C_BEHIND = "\x03"
NO_PROMPT = (
    "err prompt: MicroPython's prompt is for SAFE alone; `status` tells the state and why, `disarm` makes it SAFE"
)


@micropython.viper
def _copy(source: ptr8, first: int, end: int, target: ptr8):
    """source[first:end] to the start of target."""
    at = 0
    while first < end:
        target[at] = source[first]
        at += 1
        first += 1


class Link:
    """index: into events.PORTS; trusted: commands that change state are taken unsigned.

    An answer is a string or an iterator of strings; it leaves line by line as there is room, so that a long one
    costs no memory. What is said often while the rover moves is a Text: it leaves at once, and nothing is allocated.
    When a host does not read, answers beyond the eighth are dropped and counted.
    Lines wait for their turn, one a tick, at most LINES_MAX; `stop` goes before all others, however many there are.
    """

    def __init__(self, index, port, trusted, reader=None):
        self.index = index
        self.trusted = trusted
        self.reader = reader or LineReader()
        self.telemetry = False
        self.dropped = 0
        self.next_event = 1
        self.lost_lines = 0
        self._port = port
        self._buffer = bytearray(READ_BYTES[index])
        self._full_ticks = 0
        self._lines = []
        self._lossy = not trusted
        self._answers = []
        self._rest = b""  # what is being sent: a buffer, from where to where
        self._rest_at = 0
        self._rest_end = 0
        self._held = None
        self._begun = False  # an echo or a prompt stands on the line: what is said next begins a new one
        self._ctrl_c = CtrlC(port, self.reader)

    @micropython.native
    def read_line(self, start_us=None):
        """The next whole line, or None. Ctrl-C on a trusted link reads as `stop`, in SAFE raises KeyboardInterrupt if
        it is meant (ctrl_c.py); on a radio it is noise. start_us: radio_link.py.

        While armed, and on a radio always, lines that find no room are dropped and counted, so that no command is
        carried out long after it was said. Disarmed, USB is held back instead: a file can be pasted.
        """
        if self._lossy or len(self._lines) < LINES_MAX and not self._ctrl_c.weighs():
            count = self._port.read_into(self._buffer)
            self._full_ticks = self._full_ticks + 1 if count == len(self._buffer) else 0
            if not self._lossy and self._ctrl_c.heard(self._buffer, count):
                count -= 1
            if count:
                self._take(count)
        line = self._lines.pop(0) if self._lines else None
        return None if line is _CTRL_C_BEHIND else line

    def behind(self):
        """True while more arrives than is taken: what is read now may have been said some time ago."""
        return self._full_ticks >= _BEHIND_TICKS

    def _take(self, count):
        reader = self.reader
        buffer = self._buffer
        at = 0
        while at < count:
            if self.trusted and buffer[at] <= CTRL_C and self._take_control(buffer[at]):
                at += 1
                continue
            start = at
            at = reader.take(buffer, at, count)
            if reader.by_hand and not self._rest:
                self._echo(buffer, start, at)
            if reader.line is not None:
                self._queue(reader.line)
            elif reader.error and self.trusted:
                self.answer("err %s: a line is at most 160 printable ASCII characters; type it again" % reader.error)

    def _take_control(self, byte):
        """Whether one of MicroPython's control characters was taken; what is not makes its line a spoilt one."""
        if byte == _CTRL_B:
            return self.reader.at_start()
        if not self._lossy:
            if byte == CTRL_C and self._lines and self._lines[-1] is not _CTRL_C_BEHIND:
                self._lines.append(_CTRL_C_BEHIND)
            return False
        if byte == _CTRL_A:
            self.answer(NO_PROMPT)
        if byte != CTRL_C:
            return False
        self.reader.forget()
        self._queue("stop")
        return True

    def _queue(self, line):
        lines = self._lines
        if line == "stop":
            if not lines or lines[0] != "stop":
                lines.insert(0, line)
        elif lines and not line and not lines[-1]:
            pass  # an empty line says no more than the one before it
        elif len(lines) < LINES_MAX or not self._lossy:
            lines.append(line)
        else:
            self.lost_lines += 1

    def _echo(self, buffer, start, end):
        byte = buffer[start]
        if byte == 13:
            self._end_line()
        elif byte == 8 or byte == 127:
            self._send_next(b"\x08 \x08")
        elif 32 <= byte < 127:
            self._hold(buffer, start + self._port.write(buffer, start, end - start), end)
            self._begun = True
            return
        self._push()

    def answer(self, lines):
        """Queue an answer: str, or an iterator of str; a Text leaves at once unless something waits before it."""
        in_place = isinstance(lines, Text)
        if self._begun and self.idle():
            self._end_line()
            self._push()
        if in_place and self.idle():
            lines.put(b"\r\n")
            if self.reader.by_hand:
                lines.put(_PROMPT)
                self._begun = True
            self._hold(lines.buffer, self._port.write(lines.buffer, 0, lines.length), lines.length)
            return
        if len(self._answers) >= _ANSWERS_MAX:
            self.dropped += 1
            return
        if in_place:
            lines = lines.text()
        self._answers.append(iter((lines,)) if isinstance(lines, str) else lines)

    def idle(self):
        """True when nothing waits to be sent."""
        return not self._rest and not self._answers

    def send_frame(self, view):
        """A telemetry frame: at once or never. A part that found no room follows before anything else."""
        if self._rest:
            self.dropped += 1
            return
        size = len(view)
        count = self._port.write(view)
        if count == 0:
            self.dropped += 1
        else:
            self._hold(view, count, size)

    def _hold(self, source, first, end):
        """source[first:end] found no room: it is kept in a buffer of this link's, made when it is needed first."""
        if first == end:
            return
        if self._held is None:
            self._held = bytearray(MOST)
        _copy(source, first, end, self._held)
        self._rest = self._held
        self._rest_at = 0
        self._rest_end = end - first

    def _end_line(self):
        self._send_next(b"\r\n")
        self._begun = False

    def _send_next(self, data):
        """These bytes, before any answer."""
        self._rest = data
        self._rest_at = 0
        self._rest_end = len(data)

    def flush(self, most=_LINES_A_TICK):
        """Send what waits, so many more lines at most; how many were begun."""
        for count in range(most + 1):
            if self._rest and not self._push() or not self._answers or count == most:
                return count
            if self._begun:
                self._end_line()
                continue
            line = next(self._answers[0], None)
            if line is None:
                self._answers.pop(0)
                if self.reader.by_hand and not self._answers:
                    self._send_next(_PROMPT)
                    self._begun = True
            else:
                self._send_next((line + "\r\n").encode())

    def _push(self):
        """Write the rest; True when all of it went."""
        left = self._rest_end - self._rest_at
        count = self._port.write(self._rest, self._rest_at, left)
        self._rest_at += count
        if count < left:
            return False
        self._rest = b""
        return True

    def interruptible(self, on):
        """SAFE (on) or not: whether Ctrl-C here leads to the prompt, and whether lines may wait long."""
        self._lossy = not (on and self.trusted)
        weighed = self._ctrl_c.forget()
        if not on and (weighed or _CTRL_C_BEHIND in self._lines):
            self.reader.forget()
            self._queue("stop")  # as it reads from here on
        self._port.interruptible(on)
