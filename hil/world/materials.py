"""Materials of buried objects, as the front end sees them, and the decay of eddy currents in a sphere of them.

Non-magnetic metals have their handbook conductivity (CRC Handbook, 20 C). Ferrous ones do not behave like a
homogeneous sphere of handbook steel in this instrument: the eight objects of two bench recordings of it are met
within 2..7 % rms over its 72 channels when iron objects have an effective permeability of 1.3..2.2 and one slow pole
of 6..11 us whatever their size, so that is their row.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

MU0 = 4e-7 * np.pi
# Modes of a sphere that are kept; the rest are faster than the coil itself and answer as if absent.
MODES = 60

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """`conductivity_s_m` sets the decay by size; where `pole_us` is given it stands instead. `ferrous` is the true
    class.
    """

    conductivity_s_m: float
    mu_r: float
    pole_us: float
    ferrous: bool
    label: str


MATERIALS: dict[str, Material] = {
    "copper": Material(5.96e7, 1.0, 0.0, False, "copper"),
    "aluminium": Material(3.77e7, 1.0, 0.0, False, "aluminium"),
    "silver": Material(6.30e7, 1.0, 0.0, False, "silver"),
    "brass": Material(1.59e7, 1.0, 0.0, False, "brass"),
    "bronze": Material(7.4e6, 1.0, 0.0, False, "bronze"),
    "lead": Material(4.55e6, 1.0, 0.0, False, "lead"),
    "stainless": Material(1.45e6, 1.0, 0.0, False, "stainless steel, non-magnetic"),
    "steel": Material(6.0e6, 2.2, 5.7, True, "steel"),
    "galvanised": Material(6.0e6, 2.0, 10.8, True, "galvanised steel"),
    "cast_iron": Material(2.0e6, 1.3, 9.5, True, "cast iron"),
    "rusty_iron": Material(3.0e6, 1.5, 7.4, True, "rusty iron"),
}


@lru_cache(maxsize=256)
def _roots(mu_r: float) -> Array:
    """The first MODES roots of tan d = (mu_r - 1) d / (mu_r - 1 + d^2), shape (MODES,); n pi when mu_r = 1."""
    n = np.arange(1, MODES + 1)
    if mu_r == 1.0:
        return np.asarray(n * np.pi)
    m = mu_r - 1

    def characteristic(d: float) -> float:
        return float(np.sin(d) * (m + d * d) - m * d * np.cos(d))

    return np.array([brentq(characteristic, k * np.pi + 1e-9, (k + 0.5) * np.pi) for k in n])


def sphere_modes(mu_r: float) -> tuple[Array, Array]:
    """Weights and squared roots of the modes of a conducting, permeable sphere after a step of a uniform field.

    The dipole moment decays as 2 pi a^3 H sum_n w_n exp(-d_n^2 t / (conductivity mu a^2)) with
    w_n = 6 mu_r / ((mu_r + 2)(mu_r - 1) + d_n^2): Wait and Spies, 'Quasi-static transient
    response of a conducting permeable sphere', Geophysics 34, 1969. The weights add up to 3 mu_r / (mu_r + 2).

    Returns (weights, squared roots), each of shape (MODES,).
    """
    roots = _roots(mu_r)
    squared = roots * roots
    return 6 * mu_r / ((mu_r + 2) * (mu_r - 1) + squared), squared


def static_polarisability(mu_r: float) -> float:
    """Of a permeable sphere in a steady field, in units of 2 pi a^3: 2 (mu_r - 1) / (mu_r + 2)."""
    return 2 * (mu_r - 1) / (mu_r + 2)


def decay_rates_per_us(material: Material, radius_m: float) -> tuple[Array, Array]:
    """Weights and decay rates (1/us) of the modes of a sphere of `radius_m`, each of shape (MODES,).

    Without `pole_us` the slowest mode's time constant is conductivity mu a^2 / d_1^2.
    """
    weights, squared = sphere_modes(material.mu_r)
    if material.pole_us:
        return weights, squared / (squared[0] * material.pole_us)
    beta2_us = 1e6 * material.conductivity_s_m * material.mu_r * MU0 * radius_m**2
    return weights, squared / beta2_us
