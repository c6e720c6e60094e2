"""A bench of hardware, from its host: serial ports that come and go, the I2C bus through Blinka, the host's clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue

from hil.bench.config import BenchPort, Config
from hil.bench.parts.bus import open_bus
from hil.bench.port_finding import Listed, Opener, fits, plugged_in
from hil.errors import HilError
from sapper.shared.pins import UART_RADIO_BAUD
from sapper.shared.settings import row_of
from sapper_host.board.serial_stream import ByteStream, SerialStream
from sapper_host.errors import LinkError

_RETRY_S = 0.05
_IDLE_S = 0.1
_FIRST_S = 5.0
_BAUDS = {"gnss": row_of("gnss_baud")[1]}


class HostPort:
    """A port known by what the system tells of it, opened whenever it is there. Two threads of its own: one reads and
    stamps, one writes, so that no slow port holds up another.
    """

    def __init__(
        self,
        name: str,
        port: BenchPort,
        listed: Listed = plugged_in,
        opened: Opener = SerialStream,
    ) -> None:
        self.name = name
        self.trouble = ""  # why it could not be opened, last
        self._wanted = port
        self._baud = _BAUDS.get(name, UART_RADIO_BAUD)
        self._listed, self._opened = listed, opened
        self._stream: ByteStream | None = None
        self._come: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        self._to_send: SimpleQueue[bytes] = SimpleQueue()
        self._reads = threading.Event()
        self._reads.set()
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=f"bench {name} {what}", daemon=True)
            for what, work in (("reads", self._read_on), ("writes", self._write_on))
        ]
        if self.given:
            for thread in self._threads:
                thread.start()

    @property
    def given(self) -> bool:
        """Whether the bench's file names it."""
        return bool(self._wanted.given)

    @property
    def present(self) -> bool:
        """Whether it is open."""
        return self._stream is not None

    @property
    def reading(self) -> bool:
        """Whether what comes is fetched."""
        return self._reads.is_set()

    @reading.setter
    def reading(self, on: bool) -> None:
        (self._reads.set if on else self._reads.clear)()

    def write(self, data: bytes) -> None:
        """Send, soon; lost where there is no port."""
        if self.present:
            self._to_send.put(data)

    def read(self) -> list[tuple[int, bytes]]:
        """What has come, each piece with the host's time of it."""
        come = []
        while True:
            try:
                come.append(self._come.get_nowait())
            except Empty:
                return come

    def close(self) -> None:
        """Let go of it."""
        self._ended.set()
        self._reads.set()
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(2 * _IDLE_S + 1)

    def _read_on(self) -> None:
        while not self._ended.is_set():
            stream = self._stream or self._open()
            if stream is None:
                self._ended.wait(_RETRY_S)
                continue
            if not self._reads.wait(_IDLE_S):
                continue
            try:
                data = stream.read_some()
            except LinkError as error:
                self._lost(stream, error)
                continue
            if data:
                self._come.put((time.monotonic_ns(), data))

    def _write_on(self) -> None:
        while not self._ended.is_set():
            try:
                data = self._to_send.get(timeout=_IDLE_S)
            except Empty:
                continue
            stream = self._stream
            if stream is not None:
                try:
                    stream.write(data)
                except LinkError as error:
                    self._lost(stream, error)

    def _open(self) -> ByteStream | None:
        try:
            device = self._device()
            self._stream = self._opened(device, self._baud) if device else None
        except LinkError as error:
            self.trouble = f"{error.message}; {error.remedy}"
        return self._stream

    def _device(self) -> str:
        """Its name now, '' where it is not there. What two ports would fit is an error in the bench's file."""
        found = [port.device for port in self._listed() if fits(self._wanted, port)]
        if len(found) > 1:
            given = ", ".join(f"{name} {value}" for name, value in self._wanted.given.items())
            self.trouble = f"{' and '.join(found)} all have {given}; add what tells them apart under [ports]"
            return ""
        return found[0] if found else ""

    def _lost(self, stream: ByteStream, error: LinkError) -> None:
        self.trouble = error.message
        if self._stream is stream:
            self._stream = None
        stream.close()


class Hardware:
    """An `Outside`: the ports and the bus of this bench's file. HilError when the instrument's port is not there."""

    def __init__(self, config: Config) -> None:
        self.bus = open_bus(config)
        self._ports: Mapping[str, HostPort] = {name: HostPort(name, port) for name, port in config.ports.items()}
        self.rover_usb = self._ports["rover"]
        self.instrument = self._ports["instrument"]
        self.radio = self._ports["radio"]
        self.gnss = self._ports["gnss"]
        until = time.monotonic() + _FIRST_S
        while not self.instrument.present:
            if time.monotonic() > until:
                trouble = self.instrument.trouble or "there is none as the bench's file tells"
                self.close()
                raise HilError(
                    f"the instrument's port cannot be opened: {trouble}; plug it in, or correct [ports] in "
                    f"{config.path}"
                )
            time.sleep(_RETRY_S)

    @property
    def now_ns(self) -> int:
        """The host's monotonic clock."""
        return time.monotonic_ns()

    def wait(self, duration_ns: int) -> None:
        """Sleep so long."""
        time.sleep(duration_ns / 1e9)

    @property
    def gone(self) -> bool:
        """What is on a table stays there."""
        return False

    def close(self) -> None:
        """Let go of all."""
        for port in self._ports.values():
            port.close()
        self.bus.close()
