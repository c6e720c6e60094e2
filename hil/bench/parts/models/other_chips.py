"""Chips that are found at our addresses when somebody took the wrong board: they answer, and are something else."""

from __future__ import annotations

from hil.bench.parts.models.chip import ChipModel


class Pcf8574Model(ChipModel):
    """Eight pins at 0x20, without registers: each byte written is its pins, and each byte read is too."""

    name = "PCF8574"

    def reset(self) -> None:
        """All pins high, weakly."""
        self.pins = 0xFF

    def take(self, byte: int) -> bool:
        """The pins."""
        self.pins = byte
        return True

    def give(self) -> int:
        """The pins."""
        return self.pins


class Mcp4725Model(ChipModel):
    """One converter at 0x60: reads five bytes, over and over."""

    name = "MCP4725"

    def reset(self) -> None:
        """At half of its range."""
        self.code = 0x800
        self._out = 0

    def begin(self, reading: bool) -> None:
        """From the first byte on."""
        self._out = 0

    def take(self, byte: int) -> bool:
        """Any command: none of them matters here."""
        return True

    def give(self) -> int:
        """Status, register, EEPROM."""
        row = (0xC0, self.code >> 4, self.code << 4 & 0xFF, self.code >> 8, self.code & 0xFF)
        self._out += 1
        return row[(self._out - 1) % 5]


class Pca9685Model(ChipModel):
    """Servo driver at 0x40, 256 registers; their address counts on if AI is set, which it is not at first."""

    name = "PCA9685"

    def reset(self) -> None:
        """MODE1 asleep."""
        self.registers = bytearray(256)
        self.registers[0] = 0x11
        self._pointer, self._heard = 0, 0

    def begin(self, reading: bool) -> None:
        """A write's first byte is the register's number."""
        self._heard = 0

    def take(self, byte: int) -> bool:
        """A register's number, then its byte."""
        if self._heard == 0:
            self._pointer = byte
        else:
            self.registers[self._pointer] = byte
        self._heard += 1
        return True

    def give(self) -> int:
        """The register."""
        return self.registers[self._pointer]
