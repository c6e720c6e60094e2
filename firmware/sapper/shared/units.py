"""Frame means (1/16 LSB) in the units people read. Integers throughout; products stay below 2**30."""

import micropython
from micropython import const
from sapper.shared.pins import TEMP_27C_UV, TEMP_SLOPE_UV, VSYS_DIVIDER

# 65,536 sixteenths are 3300 mV
_UV_NUM = const(3300 * 1000 // 64)  # 51562 uV for 1024 sixteenths


def mv(sixteenths):
    """Millivolts at the ADC's pin."""
    return sixteenths * 3300 >> 16


@micropython.native
def vsys_mv(sixteenths):
    """Supply in millivolts."""
    return sixteenths * 3300 * VSYS_DIVIDER >> 16


@micropython.native
def temp_dc(sixteenths):
    """Chip temperature in tenths of a degree."""
    microvolts = sixteenths * _UV_NUM >> 10 if sixteenths < 20000 else 20000 * _UV_NUM >> 10
    return 270 + (microvolts - TEMP_27C_UV) * 10 // TEMP_SLOPE_UV
