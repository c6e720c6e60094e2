"""Adafruit's Blinka and its drivers, imported for the board that is wanted; nothing of it stays in the environment.

Blinka decides once, as it is imported, what hardware it is on. So a process has one of: a host's own pins, an FT232H,
or (for models of the chips) none at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hil.errors import HilError

INSTALL = 'install the bench\'s libraries: pip install "sapper[bench]"'
# What Blinka is asked to be by: where there is nothing, it looks for itself.
_ASKED = {
    "native": {},
    "ft232h": {"BLINKA_FT232H": "1"},
    "models": {"BLINKA_OS_AGNOSTIC": "1"},
}
_OURS = ("BLINKA_FT232H", "BLINKA_OS_AGNOSTIC", "BLINKA_SKIP_DEPENDENCY_CHECK")
_imported = ""


@dataclass(frozen=True)
class Drivers:
    """The drivers' classes, as Adafruit made them, and Blinka's modules that they stand on."""

    mcp4728: Any
    vref: Any
    mcp23017: Any
    ina228: Any
    busio: Any
    digitalio: Any


class BlinkaError(HilError):
    """Blinka is not there, or not what was asked for."""


@contextmanager
def asked(backend: str, url: str = "") -> Iterator[None]:
    """The block sees the environment by which Blinka knows the backend; after it, it is as before."""
    wanted = dict(_ASKED[backend])
    if url:
        wanted["BLINKA_FT232H"] = url
    # It would ask at the terminal whether it may install things.
    wanted["BLINKA_SKIP_DEPENDENCY_CHECK"] = "1"
    before = {name: os.environ.get(name) for name in _OURS}
    try:
        os.environ.update(wanted)
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def drivers(backend: str, url: str = "") -> Drivers:
    """Import them for a backend: 'native', 'ft232h', or 'models'."""
    global _imported
    if _imported and _imported != backend:
        raise BlinkaError(
            f"Blinka was started for '{_imported}' in this process, and cannot be '{backend}' as well; "
            "open that bench in a process of its own"
        )
    with asked(backend, url):
        try:
            import busio
            import digitalio
            from adafruit_ina228 import INA228
            from adafruit_mcp230xx.mcp23017 import MCP23017
            from adafruit_mcp4728 import MCP4728, Vref
        except ImportError as error:
            raise BlinkaError(f"the bench's libraries are not all there ({error}); {INSTALL}") from None
        except (NotImplementedError, RuntimeError, ValueError, OSError) as error:
            raise BlinkaError(_why_not(backend, error)) from None
    _imported = backend
    return Drivers(MCP4728, Vref, MCP23017, INA228, busio, digitalio)


def _why_not(backend: str, error: Exception) -> str:
    reason = " ".join(str(error).split())[:120]
    if "was not found" in reason:  # Blinka's words for a library that it wants on this kind of host alone
        return f'{reason.partition(" To install")[0]}; install it, on a Raspberry Pi: pip install "gpiod>=2.2.2,<3"'
    if backend != "ft232h":
        return (
            f'Blinka knows no I2C pins of this machine ({reason}); take an FT232H, with backend = "ft232h" under [bus]'
        )
    if isinstance(error, ValueError):  # pyusb's: it has nothing to look with
        return f"an FT232H cannot be looked for ({reason}); install libusb (Debian: apt install libusb-1.0-0)"
    return f"there is no FT232H ({reason}); plug its USB cable in"
