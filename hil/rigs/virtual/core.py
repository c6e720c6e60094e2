"""The virtual Pico's processor and memory, for measuring load and for injecting faults."""

from __future__ import annotations

from hil.rigs.virtual import protocol
from hil.rigs.virtual.chip import Chip


class Cpu:
    """Core 0 (core 1 is not emulated)."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    @property
    def busy_ns(self) -> int:
        """Emulated time spent executing instructions since the virtual Pico was made."""
        return round(self._chip.status().busy_ns)

    @property
    def pc(self) -> int:
        """Program counter."""
        return self._chip.status().pc

    @property
    def symbol(self) -> str | None:
        """The function it is in, when the firmware's ELF lies beside its UF2."""
        return self._chip.symbol_at(self.pc)

    @property
    def sleeping(self) -> bool:
        """Whether the core waits in WFI or WFE."""
        return self._chip.status().sleeping

    @property
    def registers(self) -> list[int]:
        """r0..r15."""
        return [int(each) for each in self._chip.call("registers")]

    def hang(self, interrupts_on: bool = True, duration_ns: float | None = None) -> None:
        """The program stops getting on, at once. With interrupts on their handlers still run, else nothing does.

        After `duration_ns` (None: until `release` or a reset) it carries on as if nothing had been.
        """
        self._chip.call("hang", interrupts_on, -1 if duration_ns is None else duration_ns)

    def release(self) -> None:
        """Ends a hang."""
        self._chip.call("release")

    def stall_flash(self, duration_ns: float) -> None:
        """What a flash erase of that length does to the program: nothing runs, no interrupt is taken."""
        self.hang(interrupts_on=False, duration_ns=duration_ns)

    @property
    def timer_us(self) -> int:
        """The chip's microsecond timer: time since its reset."""
        return int(self._chip.call("timerMicros"))

    def set_timer_us(self, microseconds: int) -> None:
        """Moves the timer (MicroPython's ticks); alarms that are jumped over fire at once."""
        self._chip.call("timerJump", microseconds)

    def start_timer_at_us(self, microseconds: int) -> None:
        """From the next reset on the timer starts at this value, not at 0 (to stand just before a wrap)."""
        self._chip.call("timerStart", microseconds)


class Memory:
    """The address space as the core sees it."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    def read(self, address: int, length: int) -> bytes:
        """Bytes from an address; reading a peripheral has the side effects it has for the core."""
        return self._chip.query(protocol.read_at(protocol.MEMORY_READ, address, length))

    def write(self, address: int, data: bytes) -> None:
        """Bytes to an address: any number to RAM, whole words elsewhere."""
        self._chip.post(protocol.write_at(protocol.MEMORY_WRITE, address, data))

    def read_word(self, address: int) -> int:
        """A 32-bit word."""
        return int.from_bytes(self.read(address, 4), "little")
