"""Where corrections come from: a serial port, a relay on the network, or a recording played at its own pace."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from sapper_host.board.serial_stream import SerialStream
from sapper_host.errors import LinkError, SapperError, Status
from sapper_host.field.rtcm_frames import Framer, moment_of

FORMS = "serial:/dev/ttyX[@BAUD], tcp:HOST:PORT or file:PATH"
_BAUD = 115200
_BAUDS = range(1200, 4_000_001)
_CONNECT_S = 3.0
_WAIT_S = 0.05
_READ_BYTES = 4096
# A recording is read in pieces that are shorter than most frames, so that each frame has its own time.
_FILE_BYTES = 64
_LOOKED_AT_BYTES = 65536
_WEEK_MS = 7 * 86_400_000
# Longer gaps of a recording, and steps back, are played as one second.
_GAP_MOST_MS = 10_000


class SourceError(SapperError):
    """Nothing comes from there, for now, or (ended) any more."""

    def __init__(self, message: str, remedy: str, ended: bool = False) -> None:
        super().__init__(message, remedy, Status.NO_DEVICE)
        self.ended = ended


class Source(Protocol):
    """Opened and read by one thread. name: what was typed."""

    name: str

    def open(self) -> None:
        """SourceError when it cannot be."""
        ...

    def read(self) -> bytes:
        """The bytes that have come, up to 4 kB, or b'' after 0.1 s at most. SourceError when no more will come."""
        ...

    def close(self) -> None:
        """Let go of it; it may be opened again."""
        ...


class SerialSource:
    """A base's receiver, or its radio, at a serial port."""

    def __init__(self, port: str, baud: int) -> None:
        self.name = f"serial:{port}"
        self._port, self._baud = port, baud
        self._stream: SerialStream | None = None

    def open(self) -> None:
        """See Source."""
        try:
            self._stream = SerialStream(self._port, self._baud)
        except LinkError as error:
            raise SourceError(error.message, error.remedy) from None

    def read(self) -> bytes:
        """See Source."""
        assert self._stream is not None
        try:
            return self._stream.read_some()
        except LinkError as error:
            raise SourceError(error.message, "plug the base's receiver in again") from None

    def close(self) -> None:
        """See Source."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class TcpSource:
    """A base or a relay that writes to whoever connects. Nothing is sent to it."""

    def __init__(self, host: str, port: int) -> None:
        self.name = f"tcp:{host}:{port}"
        self._at = host, port
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """See Source."""
        try:
            self._socket = socket.create_connection(self._at, timeout=_CONNECT_S)
            self._socket.settimeout(_WAIT_S)
        except OSError as error:
            raise self._error(f"cannot be reached ({error.strerror or error})") from None

    def read(self) -> bytes:
        """See Source."""
        assert self._socket is not None
        try:
            data = self._socket.recv(_READ_BYTES)
        except TimeoutError:
            return b""
        except OSError as error:
            raise self._error(f"was lost ({error.strerror or error})") from None
        if not data:
            raise self._error("has closed the connection")
        return data

    def close(self) -> None:
        """See Source."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    def _error(self, what: str) -> SourceError:
        return SourceError(f"{self.name} {what}", "look at the base station's relay, and at the network between")


class FileSource:
    """A recording of raw RTCM 3, once, at the pace of its epochs. wait: lets so many seconds pass."""

    def __init__(
        self,
        path: Path,
        now_s: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.name = f"file:{path}"
        self._path, self._now_s, self._wait = path, now_s, wait
        self._file: BinaryIO | None = None
        self._framer = Framer()
        self._next = b""
        self._due_s = 0.0
        self._clock: tuple[str, int] | None = None  # the system whose times set the pace, and the last of them

    def open(self) -> None:
        """See Source."""
        try:
            self._file = self._path.open("rb")
        except OSError as error:
            raise SourceError(f"{self._path} cannot be read ({error.strerror})", "give another", ended=True) from None
        self._framer, self._next, self._clock = Framer(), b"", None
        self._due_s = self._now_s()

    def read(self) -> bytes:
        """See Source."""
        assert self._file is not None
        if not self._next:
            self._next = self._file.read(_FILE_BYTES)
            if not self._next:
                raise SourceError(f"{self._path} is at its end", "run the mission again to play it again", ended=True)
            for frame in self._framer.feed(self._next):
                self._due_s += self._step_s(frame)
        left_s = self._due_s - self._now_s()
        if left_s > 0:
            self._wait(min(left_s, _WAIT_S))
            if self._now_s() < self._due_s:
                return b""
        data, self._next = self._next, b""
        return data

    def close(self) -> None:
        """See Source."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _step_s(self, frame: bytes) -> float:
        """How much later than what came before this frame is to come."""
        moment = moment_of(frame)
        if moment is None or (self._clock is not None and self._clock[0] != moment.system):
            return 0.0
        before, self._clock = self._clock, (moment.system, moment.time_ms)
        step_ms = (moment.time_ms - before[1]) % _WEEK_MS if before is not None else 0
        return (step_ms if step_ms <= _GAP_MOST_MS else 1000) / 1000


def source_of(text: str) -> Source:
    """The source that was typed, not opened yet. SapperError: it is none, or its recording has nothing in it."""
    kind, _, rest = text.partition(":")
    made = _KINDS[kind](rest) if kind in _KINDS and rest else None
    if made is None:
        raise SapperError(f"--rtcm '{text}' is no source of corrections", f"say {FORMS}", Status.USAGE)
    return made


def _serial(rest: str) -> Source | None:
    port, at, baud = rest.rpartition("@")
    if not at:
        return SerialSource(rest, _BAUD)
    good = port and baud.isascii() and baud.isdigit() and int(baud) in _BAUDS
    return SerialSource(port, int(baud)) if good else None


def _tcp(rest: str) -> Source | None:
    host, _, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    good = host and port.isascii() and port.isdigit() and 0 < int(port) < 65536
    return TcpSource(host, int(port)) if good else None


def _file(rest: str) -> Source:
    path = Path(rest)
    try:
        with path.open("rb") as file:
            found = Framer().feed(file.read(_LOOKED_AT_BYTES))
    except OSError as error:
        remedy = "give a recording of raw RTCM 3"
        raise SapperError(f"{path} cannot be read ({error.strerror})", remedy, Status.BAD_INPUT) from None
    if not any(map(moment_of, found)):
        remedy = "give a recording of raw RTCM 3, as a base station writes it"
        raise SapperError(f"{path} holds no MSM4 or MSM7 of RTCM 3", remedy, Status.BAD_INPUT)
    return FileSource(path)


_KINDS: dict[str, Callable[[str], Source | None]] = {"serial": _serial, "tcp": _tcp, "file": _file}
