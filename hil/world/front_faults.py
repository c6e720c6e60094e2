"""What a world file breaks in the front end for a while: a gate stuck, saturated or noisy, no pulse."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hil.world.disturbance import FRAME_S
from hil.world.world_spec import Machine

Array = NDArray[np.float64]

FULL_SCALE_MV = 3300.0


class FrontFaults:
    """The file's faults of the gates; those of the supply are the world's own."""

    def __init__(self, file: Machine) -> None:
        self._faults = file.faults
        self._times = np.sqrt(max(file.front_end.pulse_rate_hz * FRAME_S, 1.0))
        self._stuck: dict[int, float] = {}

    def on(self, out: Array, t_s: Array, noise: Callable[[NDArray[np.bool_], int], Array]) -> Array:
        """`out` (m, 3), the gates at rising times t_s (m,), broken where they are. noise: normal numbers for the marked
        ones of them, of a gate. A stuck gate keeps the value of the first sample asked for inside its fault."""
        for number, fault in enumerate(self._faults):
            if fault.t1_s <= t_s[0] or fault.t0_s > t_s[-1]:
                continue
            on = (t_s >= fault.t0_s) & (t_s < fault.t1_s)
            if not on.any():
                continue
            if fault.kind == "stuck":
                out[on, fault.gate] = self._stuck.setdefault(number, float(out[on, fault.gate][0]))
            elif fault.kind == "saturated":
                out[on, fault.gate] = FULL_SCALE_MV
            elif fault.kind == "no_pulse":
                # without a pulse the amplifier sits at 0 V, far below the air level that the board subtracts
                out[on] = 0.0
            elif fault.kind == "noise":
                out[on, fault.gate] += noise(on, fault.gate) * (fault.value_mv * self._times)
                np.clip(out, 0, FULL_SCALE_MV, out=out)
        return out
