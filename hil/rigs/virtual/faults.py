"""The virtual Pico's cable, its faults and its inside, as hil/rigs/ports.py names them for every rig."""

from __future__ import annotations

from hil.rigs.ports import Converted
from hil.rigs.virtual.core import Cpu, Memory
from hil.rigs.virtual.pins import Adc, Pin
from hil.rigs.virtual.ports import UsbPort

_WORD_BYTES = 4


class UsbCable:
    """A `CablePort`."""

    def __init__(self, usb: UsbPort) -> None:
        self._usb = usb

    def unplug_usb(self) -> None:
        """The cable is pulled."""
        self._usb.unplug()

    def host_hangs(self) -> None:
        """The host fetches nothing."""
        self._usb.reading = False

    def mend(self) -> None:
        """The cable in, the host reading and nothing of its under way."""
        self._usb.discard()
        if not self._usb.reading:
            self._usb.reading = True
        if self._usb.state == "unplugged":
            self._usb.plug()


class ChipFaults:
    """A `FaultPort`."""

    def __init__(self, cpu: Cpu) -> None:
        self._cpu = cpu

    def hang(self, interrupts_on: bool = True) -> None:
        """The program stops getting on, at once."""
        self._cpu.hang(interrupts_on)

    def stall(self, duration_ns: int) -> None:
        """Nothing runs for that long."""
        self._cpu.stall_flash(duration_ns)

    @property
    def timer_us(self) -> int:
        """Time since the chip's reset."""
        return self._cpu.timer_us

    def move_timer(self, to_us: int) -> None:
        """The timer jumps."""
        self._cpu.set_timer_us(to_us)

    def start_timer_at(self, at_us: int) -> None:
        """From the next reset on it starts there."""
        self._cpu.start_timer_at_us(at_us)

    def mend(self) -> None:
        """No hang."""
        self._cpu.release()


class ChipInsight:
    """An `InsightPort`."""

    def __init__(self, cpu: Cpu, memory: Memory, pins: list[Pin], adc: Adc) -> None:
        self._cpu = cpu
        self._memory = memory
        self._pins = pins
        self._adc = adc

    @property
    def asleep(self) -> bool:
        """Whether the core waits in WFI or WFE."""
        return self._cpu.sleeping

    def read_word(self, address: int) -> int:
        """A word as the core would read it."""
        return self._memory.read_word(address)

    def write_word(self, address: int, value: int) -> None:
        """A word as the core would write it."""
        self._memory.write(address, value.to_bytes(_WORD_BYTES, "little"))

    def record_conversions(self) -> None:
        """As `Adc.record`."""
        self._adc.record()

    def conversions(self, since_ns: float) -> Converted:
        """As `Adc.converted`."""
        return self._adc.converted(since_ns)

    def pin_function(self, gpio: int) -> str:
        """As `Pin.function`."""
        return self._pins[gpio].function
