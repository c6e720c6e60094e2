"""A rover whose USB cable is pulled while it tells much goes on, and tells again once the cable is back."""

from __future__ import annotations

import pytest

from hil.rigs.firmware import default_uf2
from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual import VirtualPico

pytestmark = pytest.mark.virtual
MS = 1_000_000


def test_a_cable_pulled_with_telemetry_on_hangs_nothing_and_the_board_answers_when_it_is_back() -> None:
    """The port was open as the bus fell silent: nobody fetches what waits, and nothing newer takes its place."""
    with VirtualPico(default_uf2(), seed=7) as pico:
        pico.run(FIRST_START_MS * MS)
        pico.usb.write(b"telemetry on\n")
        pico.run(300 * MS)
        assert pico.usb.read(), "it tells"
        for away_ms in (1000, 1007):
            pico.usb.unplug()
            pico.run(away_ms * MS)
            pico.usb.plug()
            pico.run(300 * MS)
            pico.usb.read()
            pico.usb.write(b"\nversion\n")
            pico.run(300 * MS)
            assert b"ok sapper" in b"".join(data for _, data in pico.usb.read())
        assert [cause for _, cause in pico.reset_causes()] == ["power"]
