"""rp2040py's ADC with voltages at its inputs.

Its round robin stays at input 0 (it masks the next input with a shift), and after input 4 it would leave out 0. Here
the next input is put right after each conversion, as the datasheet has it (4.9.2.3).
"""

from __future__ import annotations

from rp2040py.peripherals.adc import (
    CS_AINSEL_MASK,
    CS_AINSEL_SHIFT,
    CS_RROBIN_MASK,
    CS_RROBIN_SHIFT,
)
from rp2040py.rp2040 import RP2040

_STEPS = 4096
_FULL_SCALE_MV = 3300


class Converter:
    """As a rig's `adc`, for voltages that stay."""

    def __init__(self, rp2040: RP2040) -> None:
        self._block = rp2040.adc
        self._complete = self._block.complete_adc_read
        self._block.complete_adc_read = self._completed

    def set(self, channel: int, millivolts: float) -> None:
        """The input has this voltage from now on."""
        self._block.channel_values[channel] = min(_STEPS - 1, max(0, int(millivolts * _STEPS / _FULL_SCALE_MV)))

    def _completed(self, value: int, error: bool) -> None:
        block = self._block
        following = (block.cs >> CS_AINSEL_SHIFT & CS_AINSEL_MASK) + 1
        inputs = block.cs >> CS_RROBIN_SHIFT & CS_RROBIN_MASK
        self._complete(value, error)
        if inputs:
            following %= block.num_channels
            while not inputs >> following & 1:
                following = (following + 1) % block.num_channels
            block.cs = block.cs & ~(CS_AINSEL_MASK << CS_AINSEL_SHIFT) | following << CS_AINSEL_SHIFT
            if block.busy:
                block.current_channel = following
