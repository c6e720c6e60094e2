"""One serial link: bytes in to lines; answers, events and telemetry out. Bounded memory, never waits."""

from sapper.line import CTRL_C, LineReader

# Taken in one tick: 3.2 kB/s, and a bound on the time that a flood can cost a tick.
READ_BYTES = 32
_ANSWERS_MAX = 8
_LINES_A_TICK = 4
_PROMPT = b"> "


class Link:
    """index: into events.PORTS; trusted: commands that change state are taken unsigned.

    An answer is a string or an iterator of strings; it leaves line by line as there is room, so that a long one
    costs no memory. When a host does not read, answers beyond the eighth are dropped and counted.
    """

    def __init__(self, index, port, trusted):
        self.index = index
        self.trusted = trusted
        self.reader = LineReader()
        self.telemetry = False
        self.dropped = 0
        self.next_event = 1
        self._port = port
        self._buffer = bytearray(READ_BYTES)
        self._at = 0
        self._count = 0
        self._answers = []
        self._rest = b""

    def read_line(self):
        """The next whole line that has arrived, or None; at most READ_BYTES bytes are looked at. Ctrl-C reads as `stop`."""
        if self._at == self._count:
            self._at = 0
            self._count = self._port.read_into(self._buffer)
        while self._at < self._count:
            byte = self._buffer[self._at]
            self._at += 1
            if byte == CTRL_C:
                return "stop"
            line = self.reader.feed(byte)
            if self.reader.by_hand and not self._rest:
                self._echo(byte)
            if line is not None:
                return line
        return None

    def _echo(self, byte):
        if byte == 13:
            self._rest = b"\r\n"
        elif byte == 8 or byte == 127:
            self._rest = b"\x08 \x08"
        elif 32 <= byte < 127:
            self._rest = bytes((byte,))
        self._push()

    def answer(self, lines):
        """Queue an answer: str, or an iterator of str."""
        if len(self._answers) >= _ANSWERS_MAX:
            self.dropped += 1
            return
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
        elif count < size:
            self._rest = bytes(view[count:])

    def flush(self):
        """Send what waits, a few lines at most."""
        for _ in range(_LINES_A_TICK):
            if self._rest and not self._push():
                return
            if not self._answers:
                return
            line = next(self._answers[0], None)
            if line is None:
                self._answers.pop(0)
                if self.reader.by_hand and not self._answers:
                    self._rest = _PROMPT
            else:
                self._rest = (line + "\r\n").encode()

    def _push(self):
        """Write the rest; True when all of it went."""
        count = self._port.write(self._rest)
        self._rest = self._rest[count:] if count < len(self._rest) else b""
        return not self._rest

    def interruptible(self, on):
        """Whether Ctrl-C on this line raises KeyboardInterrupt."""
        self._port.interruptible(on)
