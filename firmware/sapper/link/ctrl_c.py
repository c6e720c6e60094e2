"""A Ctrl-C in SAFE: a person or a tool who wants MicroPython's prompt, or a byte of spoilt data.

It is meant when the line is silent before it, and nothing follows for a while but what such tools send next, as
mpremote's Ctrl-A. What follows is looked at where it waits, and left there for the prompt.
"""

from sapper.shared.limits import CTRL_C_ALONE_MS, TICK_MS

_ALONE_TICKS = CTRL_C_ALONE_MS // TICK_MS
# A line's end, Ctrl-A to Ctrl-D: raw prompt, friendly prompt, interrupt, soft reset.
_PROMPTS_OWN = b"\r\n\x01\x02\x03\x04"


class CtrlC:
    """port: `peek(buffer) -> count` says what waits. reader: a line.LineReader, whose line is spoilt by one that is not
    meant. `weighs` and, unless it does, `heard` once a tick, in SAFE."""

    def __init__(self, port, reader):
        self._port = port
        self._reader = reader
        self._ahead = bytearray(16)
        self._silent = _ALONE_TICKS
        self._left = 0

    def forget(self):
        """Another state has begun. True: one was being weighed."""
        weighed = self._left > 0
        self._left = 0
        return weighed

    def heard(self, buffer, count):
        """So many bytes came in this tick, at most one Ctrl-C among them, as the last. True: it may be meant."""
        for i in range(count):
            if buffer[i] not in _PROMPTS_OWN:
                self._silent = 0
                return False
        if self._silent < _ALONE_TICKS:
            self._silent += 1
            return False
        if count and buffer[count - 1] == 3:
            self._left = _ALONE_TICKS
            return True
        return False

    def weighs(self):
        """Whether one is being weighed, so that nothing is read. KeyboardInterrupt once it proves to be meant."""
        if not self._left:
            return False
        for i in range(self._port.peek(self._ahead)):
            if self._ahead[i] not in _PROMPTS_OWN:
                self._left = 0
                self._silent = 0
                self._reader.spoil()
                return False
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt
        return True
