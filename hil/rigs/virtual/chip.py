"""What the virtual Pico's parts (pins, ports, flash, core) ask of the board they belong to."""

from __future__ import annotations

from typing import Any, Protocol

from hil.rigs.virtual.protocol import Status


class Chip(Protocol):
    """The exchange with the Node process; `VirtualPico` is one. Commands gather until something needs an answer."""

    def post(self, command: bytes) -> None:
        """Adds a command to the next exchange with the process."""

    def flush(self) -> None:
        """Carries out what was posted."""

    def query(self, command: bytes) -> bytes:
        """Posts a command that has a reply, and returns it."""

    def call(self, name: str, *args: Any) -> Any:
        """One of the process's named calls."""

    def status(self) -> Status:
        """The board as it is after everything posted."""

    def symbol_at(self, address: int) -> str | None:
        """The function an address lies in, when the firmware's ELF lies beside its UF2."""
