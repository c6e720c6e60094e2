"""Known bad changes of one board, each of which the comparison has to notice: else it proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hil.prove.second_opinion.second_pico import SecondPico

_FAST = 1.01
_PIO0_AT = 0x50200
_PIO1_AT = 0x50300
_CLKDIV = range(0xC8, 0x128, 0x18)  # SMx_CLKDIV (RP2040 datasheet 3.7)
_ONE = 1 << 16


class _Undivided:
    """A PIO block in front of which the dividers' integer part is lost."""

    def __init__(self, block: Any) -> None:
        self._block = block

    def __getattr__(self, name: str) -> Any:
        return getattr(self._block, name)

    def write_uint32_atomic(self, offset: int, value: int, kind: int) -> None:
        self._block.write_uint32_atomic(offset, _ONE if offset in _CLKDIV else value, kind)


def _fast_timer(board: SecondPico) -> None:
    timer = board.chip.timer
    honest = timer._micros
    timer._micros = lambda: honest() * _FAST


def _undivided(board: SecondPico) -> None:
    for at in (_PIO0_AT, _PIO1_AT):
        board.chip.peripherals[at] = _Undivided(board.chip.peripherals[at])


def _slow_converter(board: SecondPico) -> None:
    board.chip.adc.sample_time *= 2


@dataclass(frozen=True)
class Canary:
    """spoil: what is done to the board. noticed_in: whose figures have to differ then."""

    what: str
    spoil: Callable[[SecondPico], None]
    noticed_in: str


CANARIES: dict[str, Canary] = {
    "timer": Canary("the timer is 1 % fast", _fast_timer, "timers"),
    "divider": Canary("PIO ignores its clock dividers", _undivided, "pio"),
    "converter": Canary("the ADC takes twice its time", _slow_converter, "adc_dma"),
}
