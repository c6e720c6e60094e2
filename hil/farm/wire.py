"""Messages between a session and a bench's server: JSON behind its length, over TCP.

From the session: a hello, then requests of calls. From the server: welcome or refused; for each request done or error,
and while it works on one a sign of life every BUSY_S, so that silence means that it is gone. Bytes and numpy's arrays
are objects with one key that no other value has.
"""

from __future__ import annotations

import base64
import json
import socket
import struct
from contextlib import suppress
from typing import Any

from hil.errors import HilError

VERSION = 1  # of all this; ends that differ do not talk
BUSY_S = 1.0
SILENCE_S = 8.0  # of a server that was asked something: it is gone
MOST_BYTES = 256 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_BYTES, _ARRAY = "\0bytes", "\0array"


class GoneError(HilError):
    """The other end has left, or is silent."""


def encoded(message: Any) -> bytes:
    """A message as it is sent."""
    text = json.dumps(message, default=_plain, separators=(",", ":")).encode()
    return _LENGTH.pack(len(text)) + text


def _plain(value: Any) -> Any:
    """What JSON does not know: bytes, arrays, numpy's numbers."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {_BYTES: base64.b64encode(value).decode()}
    if hasattr(value, "dtype"):
        if value.shape == ():
            return value.item()
        return {_ARRAY: [value.dtype.str, base64.b64encode(value.tobytes()).decode()]}
    raise TypeError(f"{type(value).__name__} does not go over the wire")


def _whole(value: dict[str, Any]) -> Any:
    if _BYTES in value:
        return base64.b64decode(value[_BYTES])
    if _ARRAY in value:
        import numpy as np

        kind, data = value[_ARRAY]
        return np.frombuffer(base64.b64decode(data), np.dtype(kind)).copy()
    return value


class Channel:
    """One connection, either end. Only one thread reads; any may send whole messages."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # An end whose machine died says nothing more: the system finds out, within some 15 s.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, seconds in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)

    def send(self, message: Any) -> None:
        """GoneError when the other end is not there any more, or takes nothing for SILENCE_S."""
        try:
            self._socket.settimeout(SILENCE_S)
            self._socket.sendall(encoded(message))
        except OSError as error:
            raise GoneError(f"the connection is gone ({error})") from error

    def receive(self, silence_s: float | None = None) -> Any:
        """The next message; GoneError when there will be none, or nothing comes for so long."""
        (length,) = _LENGTH.unpack(self._take(_LENGTH.size, silence_s))
        if length > MOST_BYTES:
            raise GoneError(f"a message of {length} bytes: the other end is no bench")
        try:
            return json.loads(self._take(length, silence_s), object_hook=_whole)
        except ValueError as error:
            raise GoneError("what came is no message: the other end is no bench") from error

    def _take(self, count: int, silence_s: float | None) -> bytes:
        parts = []
        while count:
            try:
                self._socket.settimeout(silence_s)
                part = self._socket.recv(min(count, 1 << 20))
            except TimeoutError as error:
                raise GoneError(f"nothing came for {silence_s:g} s") from error
            except OSError as error:
                raise GoneError(f"the connection is gone ({error})") from error
            if not part:
                raise GoneError("the other end has closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def shut(self) -> None:
        """Nothing goes or comes any more; whoever waits for a message is told at once. From any thread."""
        with suppress(OSError):  # it may be already
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """The end of it."""
        self.shut()
        self._socket.close()
