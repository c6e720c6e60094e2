"""MicroPython's raw prompt on a virtual Pico: scripts run there, each in a fresh interpreter."""

from __future__ import annotations

from hil.errors import HilError
from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual.pico import VirtualPico

MS = 1_000_000
_BOOT_NS = FIRST_START_MS * MS
_SLICE_NS = 5 * MS
# Longest a script takes, emulated.
SCRIPT_LIMIT_NS = 60_000 * MS
_PROMPT_LIMIT_NS = 3_000 * MS


class RawPrompt:
    """MicroPython's raw prompt on a virtual Pico: runs a script in a fresh interpreter."""

    def __init__(self, pico: VirtualPico, boot_ns: int = _BOOT_NS) -> None:
        """Bring a board that has just got its power to the prompt. It is the prompt's from now on: `close` ends it.

        `boot_ns` after that the application is told to end: early enough, it is stopped while it starts.
        """
        self.pico = pico
        self._received = b""
        self._began_ns = 0
        self.pico.run(boot_ns)
        self.pico.usb.write(b"\r\x03\x03")  # out of the application, which listens to Ctrl-C while it is safe to
        self.pico.run(200 * MS)
        self.pico.usb.write(b"\r\x02")
        self._expect(b">>>", _PROMPT_LIMIT_NS)
        self.pico.usb.write(b"\r\x01")
        self._expect(b"raw REPL; CTRL-B to exit\r\n>", _PROMPT_LIMIT_NS)

    def run(self, script: bytes) -> tuple[bytes, float]:
        """What `script` prints (and its traceback, then CRASH), and the emulated seconds it took."""
        self.start(script)
        return self.finish()

    def start(self, script: bytes) -> None:
        """Start `script` in a fresh interpreter."""
        self.pico.usb.write(b"\x04")
        self._expect(b"raw REPL; CTRL-B to exit\r\n>", _PROMPT_LIMIT_NS)
        self._began_ns = self.pico.now_ns
        self.pico.usb.write(script + b"\x04")
        self._expect(b"OK", _PROMPT_LIMIT_NS)

    def finish(self) -> tuple[bytes, float]:
        """Let time pass until the script started last has ended; returns what `run` returns."""
        printed = self._expect(b"\x04", SCRIPT_LIMIT_NS)
        raised = self._expect(b"\x04", _PROMPT_LIMIT_NS)
        # The prompt; after SystemExit it comes at the end of a soft reboot.
        self._expect(b">", _PROMPT_LIMIT_NS)
        took_s = (self.pico.now_ns - self._began_ns) / 1e9
        return printed + (raised + b"CRASH" if raised else b""), took_s

    def _expect(self, mark: bytes, limit_ns: int) -> bytes:
        """Let time pass until `mark` has come; returns what came before it."""
        deadline_ns = self.pico.now_ns + limit_ns
        while mark not in self._received:
            if self.pico.now_ns > deadline_ns:
                raise HilError(
                    f"{mark!r} did not come within {limit_ns / 1e9:.0f} s; last came {self._received[-200:]!r}"
                )
            self.pico.run(_SLICE_NS)
            self._received += b"".join(data for _, data in self.pico.usb.read())
        before, _, self._received = self._received.partition(mark)
        return before

    def close(self) -> None:
        """End the virtual Pico."""
        self.pico.close()
