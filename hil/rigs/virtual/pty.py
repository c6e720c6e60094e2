"""The virtual Pico's serial lines as pseudo-terminals, for any terminal program, mpremote or pyserial.

    with ptys(pico) as lines:
        print(lines.usb.path, lines.uart[0].path)
        lines.run(pace="real", stop=stop)

A program that opens the USB line's path opens the port (DTR and RTS); closing it closes it. The UARTs are just wires.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import termios
import threading
import time
import tty
from collections.abc import Callable
from types import TracebackType

from hil.rigs.virtual.errors import VirtualPicoError
from hil.rigs.virtual.events import Event
from hil.rigs.virtual.pico import VirtualPico

SLICE_NS = 5_000_000
_NS_PER_S = 1_000_000_000
_CHUNK = 4096
# Bytes on their way to the board beyond which a writing program is made to wait.
_BACKLOG = 8192
# Held back for a program that does not read; then the oldest are lost, as in a terminal's buffer.
_HELD = 1 << 16
# Further behind real time than this, the clock is set anew instead of hurrying after it.
_MAX_LAG_S = 0.25


def open_pty() -> tuple[int, int]:
    """(our end, the end that programs open) of a new pseudo-terminal; VirtualPicoError where there are none."""
    try:
        return os.openpty()
    except OSError as error:
        raise VirtualPicoError(
            f"there is no pseudo-terminal to be had for the rig's serial lines ({error.strerror}): mount them with "
            "`sudo mount -t devpts devpts /dev/pts`, or end programs that hold many",
        ) from None


class PtyLine:
    """One pseudo-terminal. `path` is what a program opens."""

    def __init__(self) -> None:
        self._master, slave = open_pty()
        tty.setraw(slave, termios.TCSANOW)
        self.path = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._held = b""

    @property
    def is_open(self) -> bool:
        """Whether a program has it open."""
        poll = select.poll()
        poll.register(self._master, select.POLLHUP)
        return not any(flags & select.POLLHUP for _, flags in poll.poll(0))

    def receive(self) -> bytes:
        """What the program has written and was not read yet, up to 4096 bytes."""
        try:
            return os.read(self._master, _CHUNK)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EIO):  # EIO: nobody has it open
                return b""
            raise

    def send(self, data: bytes) -> None:
        """Gives bytes to the program; what it does not take now is held until it does."""
        self._held = (self._held + data)[-_HELD:]
        if not self._held:
            return
        with contextlib.suppress(BlockingIOError):
            self._held = self._held[os.write(self._master, self._held) :]

    def forget(self) -> None:
        """Drops what nobody took."""
        self._held = b""

    def close(self) -> None:
        os.close(self._master)


class SerialBridge:
    """The three lines of one virtual Pico, `pico`. `usb` and `uart[0]`, `uart[1]` have the paths."""

    def __init__(self, pico: VirtualPico) -> None:
        self.pico = pico
        self.usb = PtyLine()
        self.uart = (PtyLine(), PtyLine())
        self._usb_open = True  # so that the first look closes the port
        self._follow_usb()

    def _follow_usb(self) -> None:
        is_open = self.usb.is_open
        if is_open != self._usb_open:
            self._usb_open = is_open
            self.pico.usb.dtr = is_open
            self.pico.usb.rts = is_open
            if not is_open:
                self.usb.forget()

    def pump_in(self) -> None:
        """Takes across what programs have written. A program that writes faster than the board reads waits."""
        self._follow_usb()
        pico = self.pico
        if data := b"" if pico.usb_backlog > _BACKLOG else self.usb.receive():
            self._follow_usb()  # it may have been opened since the look above
            if self._usb_open:
                pico.usb.write(data)
        for index, line in enumerate(self.uart):
            if pico.uart_backlog[index] <= _BACKLOG and (data := line.receive()):
                pico.uart[index].write(data)

    def pump_out(self, events: list[Event]) -> None:
        """Gives programs what the board has sent."""
        usb, uart = bytearray(), (bytearray(), bytearray())
        for _, kind, source, value in events:
            if kind == "usb" and isinstance(value, bytes):
                usb += value
            elif kind == "uart" and isinstance(value, bytes):
                uart[int(source)].extend(value)
        if self._usb_open:
            self.usb.send(bytes(usb))
        for line, data in zip(self.uart, uart, strict=True):
            if line.is_open:
                line.send(bytes(data))
            else:
                line.forget()

    def run(
        self,
        pace: str = "real",
        on_slice: Callable[[list[Event]], None] | None = None,
        stop: threading.Event | None = None,
        slice_ns: int = SLICE_NS,
        seconds_a_second: float = 1.0,
    ) -> None:
        """Runs the board and moves bytes until `stop` is set (or for ever).

        `pace` 'real' keeps to the wall's time (and falls behind where the machine is too slow), or to a share of it,
        `seconds_a_second`; 'fast' does not wait.
        `on_slice` is called after every slice with what happened in it; it may drive pins, play voltages, read duties.
        """
        if pace not in ("real", "fast"):
            raise VirtualPicoError(f"pace is 'real' or 'fast', not '{pace}'")
        start_wall = time.monotonic()
        start_ns = self.pico.now_ns
        while stop is None or not stop.is_set():
            self.pump_in()
            events = self.pico.run(slice_ns)
            self.pump_out(events)
            if on_slice is not None:
                on_slice(events)
            if pace == "real":
                ran_s = (self.pico.now_ns - start_ns) / _NS_PER_S
                ahead_s = ran_s / seconds_a_second - (time.monotonic() - start_wall)
                if ahead_s > 0:
                    time.sleep(ahead_s)
                elif ahead_s < -_MAX_LAG_S:
                    start_wall, start_ns = time.monotonic(), self.pico.now_ns

    def close(self) -> None:
        self.usb.close()
        for line in self.uart:
            line.close()

    def __enter__(self) -> SerialBridge:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def ptys(pico: VirtualPico) -> SerialBridge:
    """Pseudo-terminals for the board's serial lines; a context manager."""
    return SerialBridge(pico)


def run_with_ptys(
    pico: VirtualPico,
    pace: str = "real",
    on_slice: Callable[[list[Event]], None] | None = None,
    stop: threading.Event | None = None,
    ready: Callable[[SerialBridge], None] | None = None,
) -> None:
    """Makes the pseudo-terminals, tells `ready` of them, and runs until `stop` is set."""
    with ptys(pico) as lines:
        if ready is not None:
            ready(lines)
        lines.run(pace, on_slice, stop)
