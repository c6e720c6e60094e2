"""What Blinka has below its busio.I2C, with modelled wires: a kernel's I2C device, and an FT232H.

They differ where things go wrong. The kernel sees a held data line and gives up; it has no zero-byte writes. An FT232H
looks at the data line for an acknowledge alone, so a held one acknowledges everything and reads as zeros; but it clocks
on, which is what frees a chip that was left in the middle of a byte.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from hil.bench.parts.models.wire import HeldError, NackError, Wire

_CLOCKS_A_BYTE = 9


class _Adapter:
    """The calls of Blinka's back ends: busio.I2C makes them."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.plugged = True

    def transfer(self, address: int, out: bytes | None, count: int) -> bytes:
        """A transfer, with this adapter's errors."""
        raise NotImplementedError

    def writeto(self, address: int, buffer: Any, *, start: int = 0, end: int | None = None, stop: bool = True) -> None:
        """Bytes for a chip."""
        self.transfer(address, bytes(buffer[start:end]), 0)

    def readfrom_into(
        self, address: int, buffer: Any, *, start: int = 0, end: int | None = None, stop: bool = True
    ) -> None:
        """Bytes from a chip."""
        end = len(buffer) if end is None else end
        buffer[start:end] = self.transfer(address, None, end - start)

    def writeto_then_readfrom(
        self,
        address: int,
        buffer_out: Any,
        buffer_in: Any,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
        stop: bool = False,
    ) -> None:
        """Bytes for a chip, and after another start bytes from it."""
        in_end = len(buffer_in) if in_end is None else in_end
        out = bytes(buffer_out[out_start:out_end])
        buffer_in[in_start:in_end] = self.transfer(address, out, in_end - in_start)

    def scan(self) -> list[int]:
        """Who acknowledges."""
        return [address for address in range(0x08, 0x78) if self._answers(address)]

    def _answers(self, address: int) -> bool:
        try:
            self.transfer(address, None, 1)
        except OSError:
            return False
        return True


class KernelAdapter(_Adapter):
    """/dev/i2c-N. recovers: its driver sends the nine clocks by itself when it finds the line held."""

    def __init__(self, wire: Wire, recovers: bool = False) -> None:
        super().__init__(wire)
        self.recovers = recovers

    def transfer(self, address: int, out: bytes | None, count: int) -> bytes:
        """With the kernel's error numbers."""
        if not self.plugged:
            raise _system(errno.ENODEV)
        if out is not None and not out and not count:
            raise _system(errno.EOPNOTSUPP)
        try:
            return self.wire.transfer(address, out, count)
        except NackError:
            raise _system(errno.EREMOTEIO) from None
        except HeldError:
            if self.recovers:
                self.wire.clock(_CLOCKS_A_BYTE)  # this transfer is lost all the same
            raise _system(errno.ETIMEDOUT) from None


class Ft232hAdapter(_Adapter):
    """An FT232H behind pyftdi, with pyftdi's errors."""

    def transfer(self, address: int, out: bytes | None, count: int) -> bytes:
        """Never told of a held line."""
        from pyftdi.ftdi import FtdiError
        from pyftdi.i2c import I2cNackError

        if not self.plugged:
            raise FtdiError("UsbError: [Errno 19] No such device (it may have been disconnected)")
        try:
            return self.wire.transfer(address, out, count)
        except NackError:
            raise I2cNackError("NACK from slave") from None
        except HeldError:
            self.wire.clock(_CLOCKS_A_BYTE * (1 + len(out or b"") + count))
            return bytes(count)


def _system(number: int) -> OSError:
    return OSError(number, os.strerror(number))


ADAPTERS: dict[str, Callable[[Wire], _Adapter]] = {"kernel": KernelAdapter, "ft232h": Ft232hAdapter}
