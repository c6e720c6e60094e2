"""From coupling to millivolts: what the sampled flyback of a pulse-induction coil does at each gate.

After the pulse the coil's voltage decays with its own time constant, and the gates sample that decay. An object
changes it in two ways, and the signs are those of the board:
- it lowers (metal) or raises (iron) the coil's inductance, so that the decay is faster or slower: to first order by
  air level x time since the flyback / time constant x relative change of inductance;
- its own eddy currents die slowly and hold the voltage up: for each mode of rate p, after a pulse of length d, by
  w (p T) (exp(-p t) - exp(-p (t + d))): a step up at -d and a step down at 0 superposed (for the sphere in
  a pulse-induction detector: Das et al., 'Analysis of an electromagnetic induction detector for real-time location
  of buried objects', IEEE Trans. Geoscience and Remote Sensing 28, 1990).
Modes faster than the coil (p T > 1) are seen by neither, hence the factors 1 / (1 + p T).

The four constants are fitted once to two bench recordings of the instrument (eight objects, 72 pairs of pulse and
delay).
"""

import numpy as np
from numpy.typing import NDArray

from hil.world.materials import Material, decay_rates_per_us, static_polarisability
from hil.world.world_spec import FrontEnd

Array = NDArray[np.float64]

COIL_TAU_US = 1.40
# The coil driver's avalanche holds the flyback for so long; the decay starts from its end.
FLYBACK_US = 4.41
# Level of an eddy current's share, for a coil fully charged, and the time constant of charging it.
TAIL_MV = 803e3
CHARGE_US = 157.0


def metal_response_mv(end: FrontEnd, material: Material, radius_m: float) -> Array:
    """ADC millivolts at each gate for a coupling of 1 (linear: multiply by the object's coupling). Shape (3,).

    `radius_m` is that of the equivalent sphere and sets the decay.
    """
    weights, rates = decay_rates_per_us(material, radius_m)
    pulse = np.array(end.pulse_us)
    delay = np.array(end.delay_us)
    slow = 1 / (1 + rates * COIL_TAU_US)
    inductance = static_polarisability(material.mu_r) - float((weights * slow).sum())
    decay = np.array(end.air_mv) * (delay - FLYBACK_US) / COIL_TAU_US * inductance
    t = delay[:, None]
    lives = np.exp(-rates * t) - np.exp(-rates * (t + pulse[:, None]))
    tail = TAIL_MV * (1 - np.exp(-pulse / CHARGE_US)) * (weights * slow**2 * rates * COIL_TAU_US * lives).sum(axis=1)
    return np.asarray(end.gain * (decay + tail))


def soil_shares(end: FrontEnd) -> Array:
    """How mineral soil divides over the gates, gate 0 = 1, shape (3,).

    Viscous remanence relaxes as 1/t after a step (log-uniform relaxation times); after a pulse of length d as 1/t -
    1/(t + d). On this board soil pulls the gates down, as non-magnetic metal does: the caller subtracts.
    """
    t = np.array(end.delay_us)
    share = 1 / t - 1 / (t + np.array(end.pulse_us))
    return np.asarray(share / share[0])
