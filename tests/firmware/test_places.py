"""Places go on from power-up to the next reset: arming and settings set nothing back, and a reset says so."""

import math
from array import array

import pytest
from bench import Bench

from sapper.drive.motion import Motion
from sapper.drive.odometry import Odometry
from sapper.safety.supervisor import CONTACT
from sapper.shared import wire
from sapper.shared.settings import Settings
from sapper.storage import kept
from sapper_host.board.decoder import Frame, StreamDecoder

pytestmark = pytest.mark.unit


def pose(bench):
    """The last STATUS told on USB: (s_mm, x_mm, y_mm, heading_mrad)."""
    [frame] = [item for item in StreamDecoder().feed(bytes(bench.app.reporter._status())) if isinstance(item, Frame)]
    return tuple(frame.fields[name] for name in ("s_mm", "x_mm", "y_mm", "heading_mrad"))


def test_places_go_on_over_two_armings():
    bench = Bench()
    places = []
    for _ in range(2):
        bench.arm()
        for _ in range(10):
            bench.say("drive 300 100", ticks=20)
            places.append(pose(bench))
        bench.say("stop")
        bench.say("disarm")
        places.append(pose(bench))
    assert places[-1][0] > 500 and places[-1][3] > 100
    for before, after in zip(places, places[1:], strict=False):
        assert after[0] >= before[0] and math.dist(before[1:3], after[1:3]) < 100, (before, after)
        assert after[3] >= before[3]
    [first, second] = [event["s_mm"] for event in bench.told("state") if event["to"] == "ARMED"]
    assert first == 0 and second > 250


def test_a_rover_moved_by_hand_while_disarmed_is_where_it_was_moved_to():
    bench = Bench()
    for encoder in bench.board.encoders:
        encoder.ticks = 400
    bench.app.drive.sense()
    assert bench.app.drive.odometry.s_mm > 0
    there = pose(bench)
    bench.arm()
    assert pose(bench) == there


def test_a_find_after_a_second_arming_lies_where_it_is():
    """The ground is learned anew at each arming, far from the first one too: alert and contact come as at the first."""
    bench = Bench()
    found = []
    for _ in range(2):
        bench.arm()
        origin = bench.app.drive.odometry.s_mm
        bench.say("sweep 100000", ticks=1)
        assert not bench.app.watch.searched
        bench.tick(140)
        bench.board.acquisition.under = (-1200, -700, -240)
        for _ in range(100):
            bench.say("", ticks=1)
            if bench.app.state == CONTACT:
                break
        bench.board.acquisition.under = (0, 0, 0)
        [*_, alert] = bench.told("detect")
        [*_, covered] = [event for event in bench.told("covered") if event["searched"]]
        found.append((alert["s_mm"] - origin, covered["from_mm"] - origin))
        bench.say("verdict clutter")
        bench.say("disarm")
        bench.board.motors[0].duty_pm = bench.board.motors[1].duty_pm = 0
    (first_alert, first_searched), (second_alert, second_searched) = found
    assert second_alert == pytest.approx(first_alert, abs=40)
    assert second_searched == pytest.approx(first_searched, abs=40) and first_searched > 200


def test_other_settings_of_the_rover_move_nothing_that_was_driven():
    settings = Settings()
    odometry = Odometry(settings)
    for _ in range(300):
        odometry.step(20, 21)
    before = (odometry.s_mm, odometry.x_um, odometry.y_um, odometry.heading_mrad)
    settings.set_many([("ticks_per_m", 2 * settings.get("ticks_per_m")), ("track_width_mm", 700)])
    odometry.configure(settings)
    odometry.step(0, 0)
    assert (odometry.s_mm, odometry.x_um, odometry.y_um, odometry.heading_mrad) == before
    odometry.step(settings.get("ticks_per_m"), settings.get("ticks_per_m"))
    assert odometry.s_mm == before[0] + 1000


@pytest.mark.parametrize("begin", ["engage", "sweep"])
@pytest.mark.parametrize("way", [1, -1])
def test_a_day_of_driving_is_counted_to_the_millimetre_in_small_integers(begin, way):
    """Beyond 2**30 the board would put each figure onto the heap, in every tick: lanes begin with small counts."""
    drive = Bench().app.drive
    odometry, motion = drive.odometry, Motion(Settings(), drive)
    for lane in range(1, 101):
        drive.engage() if begin == "engage" else motion.sweep(200_000)
        for _ in range(200):
            odometry.step(997 * way, 998 * way)
        assert odometry.s_mm == math.floor(1995 * 200 * lane * way / 2)
        assert abs(odometry.left + odometry.right) * 500 < 1 << 30
    assert odometry.heading_mrad == 200 * 100 * way * 1000 // 420


def test_a_heading_fits_its_field_however_often_the_rover_turned():
    bench = Bench()
    odometry = bench.app.drive.odometry
    for turns, left in ((6, -1), (14, 1)):  # 6 to the left, then back and 8 to the right
        for _ in range(turns * 100):
            odometry.step(left * 7, -left * 7)
        heading = math.remainder(odometry.heading_mrad / 1000, math.tau)
        assert pose(bench)[3] / 1000 == pytest.approx(heading, abs=0.005)
        assert abs(pose(bench)[3]) <= 3142


class TestBootNumber:
    def test_it_is_in_every_status(self):
        bench = Bench()
        [frame] = StreamDecoder().feed(bytes(bench.app.reporter._status()))
        assert frame.fields["boot"] == bench.app.boot > 0

    def test_the_next_start_has_another_where_memory_was_kept(self):
        words = array("i", [0] * kept.WORDS)
        numbers = [kept.boot_number(words) for _ in range(5)]
        assert len(set(numbers)) == 5 and all(0 < number < 1 << 30 for number in numbers)

    def test_the_last_number_there_is_has_a_next_one(self):
        words = array("i", [0] * kept.WORDS)
        kept.boot_number(words)
        words[kept.BOOT_NUMBER] = (1 << 30) - 1
        assert kept.boot_number(words) == 1

    def test_power_ups_draw_theirs(self):
        """What RAM held is lost, and flash has no part in it: the numbers are random ones of 30 bits."""
        numbers = {kept.boot_number(array("i", [fill] * kept.WORDS)) for fill in range(200)}
        assert len(numbers) >= 199 and max(numbers) > 1 << 27

    def test_the_event_log_has_room_beside_it(self):
        from sapper.link import event_log

        assert event_log.WORDS <= kept.BOOT_MAGIC < kept.BOOT_NUMBER < kept.WORDS


def test_a_status_of_a_firmware_without_boot_numbers_is_read():
    import struct
    import zlib

    fields = wire.FIELDS[wire.STATUS]
    earlier = fields[: fields.index("boot")]
    body = struct.pack(wire.FORMATS[wire.STATUS][: 3 + len(earlier)], wire.STATUS, 9, *range(1, len(earlier) + 1))
    name, sequence, values = wire.decode(body + struct.pack("<I", zlib.crc32(body)))
    assert (name, sequence, list(values)) == ("STATUS", 9, list(earlier)) and "boot" not in values
    shorter = body[:-1]
    with pytest.raises(wire.WireError, match="update"):
        wire.decode(shorter + struct.pack("<I", zlib.crc32(shorter)))
