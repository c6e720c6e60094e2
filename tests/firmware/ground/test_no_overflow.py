"""No integer of the map, its marks and its looks leaves 30 bits, wherever and however fast the rover goes."""

import random

import pytest
from ground_kit import MODULES, Kit
from watched import GrownError, Watched, WatchedArray

from sapper.ground import direction, runs
from sapper.shared.sine import sine_table

pytestmark = pytest.mark.unit

FAR = (0, 5_000_000, -5_000_000, 100_000_000, -100_000_000)


@pytest.fixture
def watching(monkeypatch):
    for module in (*MODULES.values(), runs):
        if hasattr(module, "array"):
            monkeypatch.setattr(module, "array", WatchedArray)
    watched_table = [Watched(one) for one in sine_table()]
    for name in ("outline", "permission"):
        monkeypatch.setattr(MODULES[name], "sine_table", lambda: watched_table)


# Rovers, and a place that is unsure.
ROVERS = (
    {},
    {"speed_max_mm_s": 1500, "ground_reaction_ms": 500, "ground_stop_mm": 800},
    {"track_width_mm": 2000, "track_breadth_mm": 600, "track_length_mm": 2000, "coil_ahead_mm": 2000, "swath_mm": 4000},
)


@pytest.mark.parametrize("rover", range(len(ROVERS)))
def test_thirty_bits_suffice(watching, rover):
    random_ = random.Random(rover)
    kit = Kit(values=ROVERS[rover], columns_bits=7, rows_bits=7)
    kit.cells.base_line(-(1 << 29) + 100_000, (1 << 29) - 100_000)
    for _ in range(8):
        x, y = Watched(random_.choice(FAR)), Watched(random_.choice(FAR))
        heading = Watched(random_.choice((0, 785, -400_000, 1_000_000, 100_000_000)))
        kit.cells.begin(x, y)
        for i in range(len(kit.cells.searched)):
            kit.cells.searched[i] = 0xFFFF
        kit.swept.lost()
        for _ in range(12):
            x += random_.choice((0, 15, 40))
            y += random_.choice((0, -15, 3))
            heading += random_.choice((0, 5, -60))
            kit.cells.follow(x, y)
            kit.trust.tell(Watched(random_.choice((0, 20, 150, 4000))), random_.random() < 0.7)
            kit.swept.step(x, y, heading)
            v, w = random_.choice((0, 300, -1500, 1500)), random_.choice((0, 1, 6000, -6000))
            kit.permission.ask(Watched(v), Watched(w), x, y, heading)
        kit.cells.keep_off(x, y, Watched(2000))
    teller = runs.Teller(kit.cells, kit.trust)
    for _ in range(20):
        teller.frame_into(bytearray(200), 200)


def test_the_watch_sees(watching):
    kit = Kit()
    with pytest.raises(GrownError):
        kit.permission.ask(Watched(1 << 24), Watched(0), Watched(0), Watched(0), Watched(0))
    assert direction.phase_of(Watched(355_000)) < 1 << 24
