"""The coil's field, and how strongly an object below it couples back: geometry only, no time.

An object of moment m = A H disturbs the coil's own inductance by mu0 H.A.H per ampere squared (reciprocity): that,
as a share of the coil's inductance, is its coupling, and the signal is proportional to it.
"""

import logging

import numpy as np
from numpy.typing import NDArray
from scipy.special import ellipe, ellipk

from hil.world.world_spec import PLATE_THICKNESS, Target

Array = NDArray[np.float64]

# Radius of the winding's bundle as a share of the coil's: L = mu0 R (ln(8 R / w) - 2) for one turn (Grover 1946).
WINDING_SHARE = 1 / 40
# Permeability at which the length of an iron rod stops raising its moment (demagnetisation takes over).
ROD_MU_R = 20.0


def field_per_ampere(radius_m: float, points_m: Array) -> Array:
    """H of a horizontal loop of one turn and one ampere, centred at the origin, in 1/m.

    points_m: (n, 3), x ahead, y left, z up. Returns (n, 3). Closed form with elliptic integrals, by geoana.
    """
    # It brings a plotting library with it: seconds that a world file that is refused need not take, and remarks on the
    # user's home folder that nobody asked for.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from geoana.em.static import CircularLoopWholeSpace

    loop = CircularLoopWholeSpace(
        radius=radius_m, current=1.0, location=np.zeros(3), orientation=np.array([0.0, 0.0, 1.0])
    )
    return np.asarray(loop.magnetic_field(np.asarray(points_m, dtype=float)), dtype=float)


def inductance_over_mu0_m(radius_m: float) -> float:
    """Inductance of one turn over mu0, in m."""
    return radius_m * (np.log(8 / WINDING_SHARE) - 2)


def demagnetising_factors(aspect: float) -> tuple[float, float]:
    """(along, across) the axis of a spheroid whose length is `aspect` times its width (Osborn, Phys. Rev. 67, 1945)."""
    if abs(aspect - 1) < 1e-3:
        return 1 / 3, 1 / 3
    if aspect > 1:
        e = np.sqrt(1 - aspect**-2)
        along = (1 - e * e) / e**3 * (np.arctanh(e) - e)
    else:
        e = np.sqrt(1 - aspect**2)
        along = (e - np.sqrt(1 - e * e) * np.arcsin(e)) / e**3
    return float(along), float((1 - along) / 2)


def equivalent_radius_m(target: Target) -> float:
    """Radius of the sphere of the same volume."""
    if target.shape in ("plate", "sheet"):
        return float((0.75 * target.radius_m**3 * PLATE_THICKNESS) ** (1 / 3))
    if target.shape == "rod":
        return float((0.75 * target.radius_m**2 * target.length_m) ** (1 / 3))
    return target.radius_m


def polarisability_m3(target: Target, ferrous: bool) -> Array:
    """The object's tensor A of shape (3, 3) in m^3, m = A H; for a sphere of metal 2 pi a^3 in every direction.
    Of a sheet: of a round piece as wide as it is.

    Other shapes are the spheroid of the same proportions: V / (1 - N) for a metal that keeps the field out. Iron
    also draws it in, which adds a share proportional to V / (N + 1 / (mu_r - 1)): the same again for a sphere, many
    times that along a rod.
    """
    volume = 4 / 3 * np.pi * equivalent_radius_m(target) ** 3
    flat = PLATE_THICKNESS / 2
    aspects = {"sphere": 1.0, "plate": flat, "sheet": flat, "rod": target.length_m / (2 * target.radius_m)}
    factors = np.array(demagnetising_factors(aspects[target.shape]))
    moments = volume / (1 - factors)
    if ferrous:
        give = 1 / (ROD_MU_R - 1)
        moments = moments + 1.5 * volume * (1 / 3 + give) / (factors + give)
    along, across = moments
    axis = _axis(target)
    return np.asarray(across * np.eye(3) + (along - across) * np.outer(axis, axis))


def _axis(target: Target) -> Array:
    """Unit vector of the axis of symmetry: a rod lies along its heading, a plate's axis stands up, both turned by
    the tilt.
    """
    heading, tilt = np.radians(target.heading_deg), np.radians(target.tilt_deg)
    if target.shape in ("plate", "sheet"):
        return np.array([np.sin(tilt) * np.cos(heading), np.sin(tilt) * np.sin(heading), np.cos(tilt)])
    return np.array([np.cos(tilt) * np.cos(heading), np.cos(tilt) * np.sin(heading), np.sin(tilt)])


def coupling(radius_m: float, offsets_m: Array, tensor_m3: Array) -> Array:
    """How strongly an object couples back, as a share of the coil's inductance, shape (n,).

    offsets_m: (n, 3), the object as seen from the coil's centre. tensor_m3: (3, 3).
    Far off it falls as the sixth power of the distance: out by a dipole's third, back by another.
    """
    h = field_per_ampere(radius_m, offsets_m)
    return np.asarray(np.einsum("ni,ij,nj->n", h, tensor_m3, h) / inductance_over_mu0_m(radius_m))


def ground_coupling(radius_m: float, heights_m: Array) -> Array:
    """How much of a uniform half-space's answer is left at a coil height, 1 at height 0.02 m, any shape.

    A weakly permeable half-space answers as an image of the coil at twice the height: mutual inductance of two
    coaxial loops (Maxwell; Grover 1946).
    """
    separation = 2 * np.asarray(heights_m, dtype=float)
    return np.asarray(_mutual(radius_m, separation) / _mutual(radius_m, np.array(0.04)))


def _mutual(radius_m: float, separation_m: Array) -> Array:
    m = 4 * radius_m**2 / (4 * radius_m**2 + separation_m**2)
    k = np.sqrt(m)
    return np.asarray(radius_m * ((2 / k - k) * ellipk(m) - 2 / k * ellipe(m)))
