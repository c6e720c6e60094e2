"""MicroPython's friendly prompt, as far as who looks for a board meets it. The real one is asked in
tests/hil/rigs/virtual/test_prompt.py."""

from __future__ import annotations

from tests.host.fake_board import SerialEnd

BANNER = b"MicroPython v1.25.0 on 2025-04-15; Sapper rover with RP2040\r\n>>> "


class PromptBoard(SerialEnd):
    """`line`: what stands at the prompt; `said`: all that was said to it."""

    def __init__(self, banner: bytes = BANNER) -> None:
        super().__init__()
        self.line = b""
        self.said = b""
        self._banner = banner

    def _receive(self, data: bytes) -> None:
        self.said += data
        for byte in data:
            if byte == 0x7F and self.line:
                self.line = self.line[:-1]
                self.send(b"\b\x1b[K")
            elif byte == 0x03:
                self.line = b""
                self.send(b"\r\n>>> ")
            elif byte == 0x02 and not self.line:
                self.send(b"\r\n" + self._banner)
            elif 32 <= byte < 127:
                self.line += bytes((byte,))
                self.send(bytes((byte,)))
