"""Known bad changes of one board, each of which the comparison has to notice: else it proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from hil.prove.second_opinion.second_pico import SecondPico

_FAST = 1.01
_PIO0_AT = 0x50200
_PIO1_AT = 0x50300
_CLKDIV = range(0xC8, 0x128, 0x18)  # SMx_CLKDIV (RP2040 datasheet 3.7)
_ONE = 1 << 16
_PWM_TOP = 0x10  # CHx_TOP (4.5.3)


class _Divided:
    """A PIO block in front of which what is written to dividers is changed."""

    def __init__(self, block: Any, changed: Callable[[int], int]) -> None:
        self._block = block
        self._changed = changed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._block, name)

    def write_uint32_atomic(self, offset: int, value: int, kind: int) -> None:
        self._block.write_uint32_atomic(offset, self._changed(value) if offset in _CLKDIV else value, kind)


def _fast_timer(board: SecondPico) -> None:
    timer = board.chip.timer
    honest = timer._micros
    timer._micros = lambda: honest() * _FAST


def _divided(board: SecondPico, changed: Callable[[int], int]) -> None:
    for at in (_PIO0_AT, _PIO1_AT):
        board.chip.peripherals[at] = _Divided(board.chip.peripherals[at], changed)


def _undivided(board: SecondPico) -> None:
    _divided(board, lambda divider: _ONE)


def _slow_machines(board: SecondPico) -> None:
    _divided(board, lambda divider: divider + divider // 10)


def _long_waves(board: SecondPico) -> None:
    for channel in board.chip.pwm.channels:
        channel.write_register = partial(_write_longer, channel.write_register)


def _write_longer(write: Callable[[int, int], None], offset: int, value: int) -> None:
    write(offset, value + value // 100 if offset == _PWM_TOP else value)


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
    "turn": Canary("PIO's machines are a tenth slow", _slow_machines, "armed"),
    "wave": Canary("PWM's periods are 1 % long", _long_waves, "pwm"),
    "converter": Canary("the ADC takes twice its time", _slow_converter, "adc_dma"),
}
