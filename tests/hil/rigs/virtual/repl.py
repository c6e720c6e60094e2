"""MicroPython's raw prompt on a virtual Pico, driven in emulated time."""

from __future__ import annotations

from hil.rigs.virtual import VirtualPico

MS = 1_000_000


class Repl:
    """Runs snippets on the board. `execute` returns what they print and fails on a traceback."""

    def __init__(self, pico: VirtualPico) -> None:
        self.pico = pico
        self._received = b""

    def enter(self) -> None:
        """From the application, or any prompt, to the raw prompt of a fresh interpreter."""
        self.pico.usb.write(b"\r\x03\x03")
        self.pico.run(100 * MS)
        for keys, answer in ((b"\x02", b">>>"), (b"\r\x01", b"raw REPL"), (b"\x04", b"soft reboot"), (b"", b"\n>")):
            self.pico.usb.write(keys)
            self.expect(answer)
        self.execute("import gc, machine, rp2, time\nfrom machine import Pin, mem32")

    def expect(self, wanted: bytes, timeout_ms: int = 2000) -> bytes:
        """Runs until the bytes have come; returns everything up to and with them."""
        for _ in range(timeout_ms):
            self._received += b"".join(data for _, data in self.pico.usb.read())
            if wanted in self._received:
                taken, _, self._received = self._received.partition(wanted)
                return taken + wanted
            self.pico.run(MS)
        raise AssertionError(f"{wanted!r} did not come in {timeout_ms} ms; there is {self._received!r}")

    def start(self, code: str) -> None:
        """Sends a snippet without waiting for its end."""
        self.pico.usb.write(code.encode() + b"\x04")
        self.expect(b"OK")

    def finish(self, timeout_ms: int = 5000) -> str:
        """Waits for the end of the snippet; its output."""
        output = self.expect(b"\x04", timeout_ms)[:-1]
        errors = self.expect(b"\x04>", timeout_ms)[:-2]
        assert not errors, errors.decode()
        return output.decode()

    def execute(self, code: str, timeout_ms: int = 5000) -> str:
        """Runs a snippet to its end; its output."""
        self.start(code)
        return self.finish(timeout_ms)
