"""A board without Sapper, at MicroPython's raw prompt: sent into BOOTSEL, and asked what is in its flash.

with Prompt("/dev/ttyACM0") as prompt:
    print(prompt.digest(0, 65536))
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sapper_host.errors import LinkError, LinkGoneError

_SCRIPT = Path(__file__).parent / "on_board" / "digest.py"
ENTER_LIMIT_S = 10.0
_READ_LOOK_S = 0.5
_WRITE_LIMIT_S = 5.0
# Standard output is the whole process's: one board at a time.
_ENTERING = threading.Lock()
_Answer = TypeVar("_Answer")


class Prompt:
    """MicroPython's raw prompt on a port; a context manager. What ran there is interrupted.

    Entering raises LinkError when there is no MicroPython. Leaving restarts the board, unless it was sent elsewhere.
    """

    def __init__(self, port: str) -> None:
        self._port = port
        self._transport: Any = None
        self._restart = True

    def __enter__(self) -> Prompt:
        from mpremote.transport_serial import SerialTransport

        with _as_link_errors(self._port):
            self._transport = SerialTransport(self._port)
            try:
                # Without it a read waits for ever for a board that says nothing.
                self._transport.serial.timeout = _READ_LOOK_S
                self._transport.serial.write_timeout = _WRITE_LIMIT_S
                with _ENTERING, redirect_stdout(io.StringIO()):  # mpremote prints what it did not understand
                    self._transport.enter_raw_repl(soft_reset=False, timeout_overall=ENTER_LIMIT_S)
            except BaseException:
                self._restart = False
                self._close()
                raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def to_bootsel(self) -> None:
        """Restart the board as a drive. It does not answer to that."""
        self._restart = False
        self._try(lambda: self._transport.exec_raw_no_follow("import machine; machine.bootloader()"))

    def identity(self) -> dict[str, str]:
        """What it is: `micropython` (its version) and `board` (its unique number in hexadecimal)."""
        self._try(lambda: self._transport.exec("import binascii, machine, os"))
        version = self._try(lambda: self._transport.eval("os.uname().release"))
        board = self._try(lambda: self._transport.eval("binascii.hexlify(machine.unique_id()).decode()"))
        return {"micropython": str(version), "board": str(board)}

    def load_digest(self) -> None:
        """Send the program that `digest` asks."""
        script = _SCRIPT.read_text(encoding="utf-8")
        self._try(lambda: self._transport.exec(script))

    def digest(self, offset: int, length: int) -> str:
        """SHA-256, in hexadecimal, of a part of flash; after `load_digest`."""
        return str(self._try(lambda: self._transport.eval(f"digest({offset}, {length})")))

    def settle(self) -> None:
        """Questions and answers alternate here: there is nothing to do."""

    def _try(self, action: Callable[[], _Answer]) -> _Answer:
        with _as_link_errors(self._port):
            return action()

    def _close(self) -> None:
        if self._transport is None:
            return
        # The board, or its port, may be gone by now: that is how these visits end.
        with suppress(Exception):
            if self._restart:
                self._transport.exec_raw_no_follow("import machine; machine.reset()")
        with suppress(Exception):
            self._transport.close()
        self._transport = None


@contextmanager
def _as_link_errors(port: str) -> Iterator[None]:
    """What mpremote and pyserial raise, in our words."""
    from mpremote.transport import TransportError

    try:
        yield
    except TransportError as error:
        raise LinkError(
            f"neither Sapper nor MicroPython answers on {port} ({error})",
            "is it the right port? Else hold BOOTSEL while plugging the board in, and flash its drive",
        ) from None
    except OSError as error:
        raise LinkGoneError(f"{port} went away ({error})", "plug the board in again") from None
