"""No integer of the detector leaves 30 bits, whatever the gates, the clock and the odometer do."""

import random
from array import array
from collections.abc import Iterator

import pytest
from detector_lane import Tuning
from watched import GrownError, Watched, WatchedArray, watch

from sapper.detector.detector import Detector

pytestmark = pytest.mark.unit

TOP = 65520
FRAMES = 1500


def rails(random_: random.Random, i: int) -> list[int]:
    """Every gate at one end or the other, in turns that look like objects of the coil's size."""
    return [TOP if (i // period) % 2 else 0 for period in (7, 11, 13)]


def opposed(random_: random.Random, i: int) -> list[int]:
    """Middle and late gate against each other: the largest bend there is."""
    up = TOP if (i // 20) % 2 else 0
    return [TOP - up, up, TOP - up]


def white(random_: random.Random, i: int) -> list[int]:
    """Noise over the whole range."""
    return [random_.randrange(TOP + 1) for _ in range(3)]


def steps(random_: random.Random, i: int) -> list[int]:
    """Still, then at the other end: the largest shift to be levelled."""
    return [TOP * ((i // 300) % 2)] * 3


def quiet(random_: random.Random, i: int) -> list[int]:
    """Nearly nothing, so that the noise estimate falls to its least; then everything."""
    return [32768 + i % 2] * 3 if i < FRAMES - 300 else [TOP, 0, TOP]


def driven(speed_mm_s: int) -> Iterator[tuple[int, int]]:
    for i in range(FRAMES):
        yield i * 10, i * speed_mm_s // 100


def wild(_speed: int) -> Iterator[tuple[int, int]]:
    """Stands, runs, jumps and goes back; the clock near its end and standing still."""
    random_ = random.Random(5)
    t_ms, s_mm = (1 << 30) - 1_000_000, 100_000_000
    for i in range(FRAMES):
        yield t_ms, s_mm
        t_ms += random_.choice((0, 10, 10, 10, 500))
        s_mm += random_.choice((0, 0, 3, 6, 19, -6)) if i % 400 else random_.choice((-3000, 5000))


@pytest.mark.parametrize("gates", [rails, opposed, white, steps, quiet])
@pytest.mark.parametrize(("move", "speed"), [(driven, 150), (driven, 600), (wild, 0)])
@pytest.mark.parametrize("blind", [False, True])
def test_thirty_bits_suffice(monkeypatch, gates, move, speed, blind) -> None:
    watch(monkeypatch)
    detector = Detector(Tuning({"det_noise_max_mv": 500, "det_rock_pm": 200, "det_bend_percent": 300}))
    random_ = random.Random(1)
    frame = WatchedArray("i", [0, 0, 0, 33000, 14000])
    for i, (t_ms, s_mm) in enumerate(move(speed)):
        frame[0], frame[1], frame[2] = gates(random_, i)
        if not blind:  # see on whatever health says: the arithmetic must hold even then
            detector.health.blind = False
        if i == FRAMES // 2:
            detector.pinpoint_begin()
        if i == FRAMES // 2 + 60:
            detector.pinpoint_end()
        detector.step(frame, Watched(t_ms), Watched(s_mm), Watched(speed))
        assert 0 <= detector.strength <= 1000
        assert detector.statistic < 1 << 20


def test_the_watch_sees() -> None:
    with pytest.raises(GrownError):
        WatchedArray("i", array("i", [1 << 20]))[0] * 1024
    with pytest.raises(GrownError):
        3 - WatchedArray("i", [1 << 29])[0] * 4
