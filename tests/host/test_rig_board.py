"""A rig's board on a port keeps the laptop's time, as any board does, however busy the machine is."""

from __future__ import annotations

import time

import pytest

from hil.errors import HilError
from sapper_host.board.link import Link
from tests.host.rig_board import RigBoard

pytestmark = pytest.mark.sil

_LAPTOP_BUSY_S = 2.0


def test_its_clock_is_never_ahead_of_the_laptops() -> None:
    try:
        made = RigBoard("sil")
    except HilError as error:
        pytest.skip(str(error))
    with made as board, Link.open(board.port) as link:
        link.identify()
        begin, begin_ns = time.monotonic(), board.rig.now_ns
        set_s = round(time.time())
        link.command(f"clock {set_s}")
        time.sleep(_LAPTOP_BUSY_S)  # a machine under load does that to a program
        told_s = int(link.command("clock").values()["epoch"])
        passed_ns = board.rig.now_ns - begin_ns
        passed_s = time.monotonic() - begin
        assert told_s - set_s <= passed_s
        assert passed_ns <= passed_s * 1e9 + 5e6
