"""The coil's driver is never on for longer than a pulse."""

import pytest

from hil.rigs.firmware import default_uf2
from hil.rigs.virtual import VirtualPico
from sapper.shared.pins import GPIO
from sapper.shared.settings import Settings

pytestmark = pytest.mark.virtual

MS = 1_000_000
_GRID_NS = 8
_AGAIN_US = 40


def highs_ns(edges):
    """How long each whole high lasted."""
    return [fall - rise for (rise, level), (fall, _) in zip(edges, edges[1:], strict=False) if level]


def test_no_pulse_is_longer_than_its_setting_from_the_first_one_after_a_start_on() -> None:
    """The application's own start, and a second one with another length."""
    with VirtualPico(default_uf2(), seed=3) as pico:
        coil = pico.pin(GPIO["COIL_TX"])
        coil.watch()
        pico.run(500 * MS)
        first = highs_ns(coil.edges())
        pico.usb.write(b"set pulse_us %d\n" % _AGAIN_US)
        pico.run(200 * MS)
        then = highs_ns(coil.edges())
    pulse_ns = Settings().get("pulse_us") * 1000
    again_ns = _AGAIN_US * 1000
    assert first and max(first) <= pulse_ns + _GRID_NS
    assert any(abs(high - again_ns) <= _GRID_NS for high in then)
    assert max(then) <= pulse_ns + _GRID_NS  # those of before the setting
