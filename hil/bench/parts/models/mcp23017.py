"""MCP23017, 16 pins (data sheet DS20001952): both register orders, one counter for the address, pins against latches.

`driven(pin)` tells of a change: True or False when the chip drives it, None when it is let go of. What is on the pins
from outside is asked for by `outside(pin)`: True, False, or None where nothing but the chip's own pull-up decides.
"""

from __future__ import annotations

from collections.abc import Callable

from hil.bench.parts.models.chip import ChipModel

# The registers of one port, in their order; each is there for A and for B.
_NAMES = (
    "IODIR", "IPOL", "GPINTEN", "DEFVAL", "INTCON", "IOCON", "GPPU", "INTF", "INTCAP", "GPIO", "OLAT",
)  # fmt: skip
_READ_ONLY = ("INTF", "INTCAP")
_IOCON_BANK, _IOCON_SEQOP, _IOCON_ZERO = 0x80, 0x20, 0x01
_PORT_B = 0x10  # added to an address with BANK = 1


class Mcp23017Model(ChipModel):
    """The chip. Register addresses are (port, name)."""

    name = "MCP23017"

    def __init__(
        self,
        address: int = 0x20,
        driven: Callable[[int, bool | None], None] = lambda pin, level: None,
        outside: Callable[[int], bool | None] = lambda pin: None,
    ) -> None:
        self._driven = driven
        self._outside = outside
        self._told: list[bool | None] = [None] * 16
        super().__init__(address)

    def reset(self) -> None:
        """All pins inputs, all else 0."""
        self._registers = {(port, name): 0xFF if name == "IODIR" else 0 for port in (0, 1) for name in _NAMES}
        self._pointer = 0
        self._heard = 0
        self._tell()

    def unpowered(self) -> None:
        """Its pins are let go of."""
        self._registers |= {(0, "IODIR"): 0xFF, (1, "IODIR"): 0xFF}
        self._tell()

    def begin(self, reading: bool) -> None:
        """After a write's address the first byte is a register's."""
        self._heard = 0

    def take(self, byte: int) -> bool:
        """The register, then what goes into it and those that follow."""
        if self._heard == 0:
            self._pointer = byte
        else:
            self._write(byte)
        self._heard += 1
        return True

    def give(self) -> int:
        """The register at the counter."""
        where = self._where(self._pointer)
        self._advance()
        return 0 if where is None else self._read(*where)

    def pin(self, number: int) -> bool:
        """The level of a pin."""
        port, bit = number // 8, 1 << number % 8
        if not self._registers[port, "IODIR"] & bit and self.powered:
            return bool(self._registers[port, "OLAT"] & bit) if self._outside(number) is None else self._fight(number)
        level = self._outside(number)
        return bool(self._registers[port, "GPPU"] & bit) if level is None else level

    def _fight(self, number: int) -> bool:
        """Somebody outside drives the pin as well, harder than a resistor would: he wins."""
        return bool(self._outside(number))

    def _where(self, address: int) -> tuple[int, str] | None:
        """Port and register of an address, in the order that IOCON.BANK says."""
        if self._registers[0, "IOCON"] & _IOCON_BANK:
            port, index = address // _PORT_B, address % _PORT_B
        else:
            port, index = address % 2, address // 2
        return (port, _NAMES[index]) if index < len(_NAMES) and port < 2 else None

    def _advance(self) -> None:
        """Byte mode (SEQOP) goes to and fro between a pair of registers; else on, and from the last to the first."""
        banked = self._registers[0, "IOCON"] & _IOCON_BANK
        if self._registers[0, "IOCON"] & _IOCON_SEQOP:
            self._pointer ^= 0 if banked else 1
            return
        last = _PORT_B + len(_NAMES) - 1 if banked else 2 * len(_NAMES) - 1
        self._pointer = 0 if self._pointer >= last else self._pointer + 1

    def _read(self, port: int, name: str) -> int:
        if name != "GPIO":
            return self._registers[port, name]
        levels = sum(1 << bit for bit in range(8) if self.pin(8 * port + bit))
        # Polarity is turned for inputs alone.
        return levels ^ (self._registers[port, "IPOL"] & self._registers[port, "IODIR"])

    def _write(self, byte: int) -> None:
        where = self._where(self._pointer)
        self._advance()
        if where is None or where[1] in _READ_ONLY:
            return
        port, name = where
        if name == "IOCON":  # one register with two addresses
            self._registers |= {(0, "IOCON"): byte & ~_IOCON_ZERO, (1, "IOCON"): byte & ~_IOCON_ZERO}
        else:
            self._registers[port, "OLAT" if name == "GPIO" else name] = byte
        self._tell()

    def _tell(self) -> None:
        """Of each pin that is driven otherwise than before."""
        for number in range(16):
            port, bit = number // 8, 1 << number % 8
            released = self._registers[port, "IODIR"] & bit
            level = None if released else bool(self._registers[port, "OLAT"] & bit)
            if level is not self._told[number]:
                self._told[number] = level
                self._driven(number, level)
