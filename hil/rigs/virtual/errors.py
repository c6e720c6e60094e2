"""What goes wrong in the virtual Pico, or in the firmware it runs."""

from __future__ import annotations

from hil.errors import HilError


class VirtualPicoError(HilError):
    """The emulator or the firmware in it cannot go on, or was given something it cannot take.

    `pc` is the firmware's program counter where that means something, `symbol` the function it lies in when the
    firmware's ELF lies beside its UF2, `kind` one of 'hardfault', 'breakpoint', 'emulator', 'process', 'input'.
    """

    def __init__(self, message: str, *, kind: str = "input", pc: int | None = None, symbol: str | None = None) -> None:
        where = ""
        if pc is not None:
            where = f" at pc=0x{pc:08x}" + (f" ({symbol})" if symbol else "")
        super().__init__(message + where)
        self.kind = kind
        self.pc = pc
        self.symbol = symbol
