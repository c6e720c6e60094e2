"""Why a figure of rp2040py differs from ours: one reason a figure, and how far it reaches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Explained:
    """why: the reason, with who is right. between_ns: rp2040py's figure less ours. told: what it tells instead."""

    why: str
    between_ns: tuple[int, int] | None = None
    told: str | None = None

    @property
    def either_way(self) -> bool:
        """Whether the difference may come out as none, by chance."""
        return self.between_ns is not None and self.between_ns[0] <= 0 <= self.between_ns[1]

    def covers(self, difference_ns: int | None, theirs: object) -> bool:
        """Whether a difference is the one that is explained."""
        if self.told is not None:
            return theirs == self.told
        return (
            self.between_ns is not None
            and difference_ns is not None
            and self.between_ns[0] <= difference_ns <= self.between_ns[1]
        )


_MS = 1_000_000

_INTR = (
    "rp2040py shows a pin's level in IO_BANK0's INTR only once the pin has changed; on the chip (datasheet 2.19.6) "
    "every pin shows one, and MicroPython's handler acknowledges all 30: ours takes the longer way, as the chip does"
)
_SLICE_BY_DIV = (
    "on rp2040py a write to a PWM slice's divider starts the slice, so that the two are not in step (datasheet 4.5.3: "
    "EN does): ours starts both with the one write that enables them"
)
_NO_FLASH_TIME = "rp2040py erases and programs flash in no time; ours takes the flash chip's"

EXPLAINED: dict[str, Explained] = {
    "boot: COIL_TX begins": Explained(
        "rp2040py leaves out a slice's first pulse: it raises an output at the counter's wrap only, where on the chip "
        "(datasheet 4.5.2.2) the output is high while the counter is below the level",
        (1_000, 500_000),
    ),
    "boot: `version` answered": Explained(
        "the answer waits for the host: ours fetches it in full-speed USB's times, rp2040py 10 us after it is there",
        (-1 * _MS, 1 * _MS),
    ),
    "boot: board's number": Explained("rp2040py's flash has no unique number", told="f" * 16),
    "interrupts: GPIO 6 edges": Explained(_INTR, (-130_000, -50_000)),
    "interrupts: GPIO 7 first edge": Explained(_INTR, (-3_000, -1_000)),
    "interrupts: GPIO 7 edges": Explained(_INTR, (-130_000, -50_000)),
    "pwm: GPIO 6 first edge": Explained(_SLICE_BY_DIV, (-5_000, 5_000)),
    "pwm: GPIO 7 first edge": Explained(_SLICE_BY_DIV, (-5_000, 5_000)),
    "adc_dma: GPIO 7 edges": Explained(
        "40 conversions, each waited for in a loop of seven clocks: rp2040py begins one at the start of the store that "
        "asks for it, ours at its end, as the bus has it: a turn of the loop, 55 ns, each",
        (-3_000, -1_000),
    ),
    "uart: GPIO 6 edges": Explained(
        "rp2040py sends a byte in no time; ours takes ten bits at 115,200 baud for each of 20", (-1_750_000, -1_600_000)
    ),
    "files: GPIO 6 edges": Explained(_NO_FLASH_TIME, (-500 * _MS, -5 * _MS)),
    "files: GPIO 7 first edge": Explained(_NO_FLASH_TIME, (-500 * _MS, -5 * _MS)),
}
