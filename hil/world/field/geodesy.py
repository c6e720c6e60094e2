"""Places in a field as latitude, longitude and height of WGS 84, fast: a surface of second order, fitted to the exact
conversion about the left post.

Exact: topocentric coordinates (EPSG method 9837) by PROJ. What the fit leaves out is of third order: d^3 / R^2, a tenth
of a thousandth of a millimetre at 100 m.
"""

import math
from functools import cached_property

import numpy as np
import pyproj
from numpy.typing import NDArray

Array = NDArray[np.float64]

_REACH_M = 300.0


class Geodesy:
    """Of a field: its left post at (lat, lon, height), x at a bearing clockwise from true north."""

    def __init__(self, lat_deg: float, lon_deg: float, height_m: float, bearing_deg: float) -> None:
        self.lat_deg, self.lon_deg, self.height_m = lat_deg, lon_deg, height_m
        self._sin, self._cos = math.sin(math.radians(bearing_deg)), math.cos(math.radians(bearing_deg))
        steps = np.linspace(-_REACH_M, _REACH_M, 7)
        e, n, u = (each.ravel() for each in np.meshgrid(steps, steps, np.linspace(-30, 30, 5), indexing="ij"))
        exact = np.stack(self._exact(e, n, u), axis=1) - (lat_deg, lon_deg, height_m)
        exact[:, 1] = (exact[:, 1] + 180) % 360 - 180
        fitted, *_ = np.linalg.lstsq(_terms(e, n, u), exact, rcond=None)
        self._fit: list[list[float]] = fitted.T.tolist()

    @cached_property
    def _proj(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_pipeline(
            "+proj=pipeline +step +inv +proj=topocentric +ellps=WGS84"
            f" +lat_0={self.lat_deg!r} +lon_0={self.lon_deg!r} +h_0={self.height_m!r}"
            " +step +inv +proj=cart +ellps=WGS84"
            " +step +proj=unitconvert +xy_in=rad +xy_out=deg"
        )

    def _exact(self, e: Array, n: Array, u: Array) -> tuple[Array, Array, Array]:
        lon, lat, height = self._proj.transform(e, n, u)
        return np.asarray(lat), np.asarray(lon), np.asarray(height)

    def exact(self, x_m: float, y_m: float, z_m: float) -> tuple[float, float, float]:
        """(latitude, longitude, height) of a place in field metres, by PROJ."""
        e, n = self._local(x_m, y_m)
        lat, lon, height = self._exact(np.array([e]), np.array([n]), np.array([z_m]))
        return float(lat[0]), float(lon[0]), float(height[0])

    def geo(self, x_m: float, y_m: float, z_m: float) -> tuple[float, float, float]:
        """The same by the fit, within 300 m of the post."""
        e, n = self._local(x_m, y_m)
        terms = (e, n, z_m, e * e, n * n, e * n, e * z_m, n * z_m, z_m * z_m)
        lat, lon, height = (sum(a * b for a, b in zip(fit, terms, strict=True)) for fit in self._fit)
        lon += self.lon_deg
        lon = lon - 360 if lon >= 180 else lon + 360 if lon < -180 else lon
        return self.lat_deg + lat, lon, self.height_m + height

    def _local(self, x_m: float, y_m: float) -> tuple[float, float]:
        """East and north of the post."""
        return x_m * self._sin - y_m * self._cos, x_m * self._cos + y_m * self._sin


def _terms(e: Array, n: Array, u: Array) -> Array:
    return np.stack([e, n, u, e * e, n * n, e * n, e * u, n * u, u * u], axis=1)
