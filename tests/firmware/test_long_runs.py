"""A board that runs for weeks: its time wraps (limits.TIME_WRAP_MS); nothing that is told or judged by it breaks."""

import pytest
from bench import Bench

from sapper.detector.footprint import TAPS_EARLY, Footprint
from sapper.detector.footprint_kernels import EARLY_AHEAD
from sapper.detector.ground import Ground
from sapper.detector.health import WARMING_UP, Health
from sapper.safety.supervisor import ARMED, CONTACT, STOPPED, SWEEP, TELEOP
from sapper.shared import fields, wire
from sapper.shared.limits import TIME_WRAP_MS
from sapper.shared.settings import Settings
from sapper_host.board.decoder import Frame, StreamDecoder

pytestmark = pytest.mark.unit

BORDERS = (TIME_WRAP_MS, 1 << 30, 1 << 31, 1 << 32)  # the wrap; small integers, the log's words, the fields of frames


def frames(data):
    """The frames in what was sent, each in its bounds."""
    found = [item for item in StreamDecoder().feed(bytes(data)) if isinstance(item, Frame)]
    for frame in found:
        fields.check_frame(frame.name, frame.fields)
    return found


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("state", [ARMED, TELEOP, SWEEP, CONTACT, STOPPED])
def test_over_each_border_it_goes_on_and_tells_times_in_bounds(border, state):
    bench = Bench().to(state)
    bench.app.t_ms = border - 50
    before = bench.app.log.next
    for _ in range(10):
        bench.say("drive 200 0" if state == TELEOP else "", ticks=1)
        bench.app.emit("mark", 1)
        assert 0 <= bench.app.t_ms < TIME_WRAP_MS
    assert bench.app.state == state
    log = bench.app.log
    for number in range(before, log.next):
        assert 0 <= fields.parse_line(log.text(number))["t_ms"] < TIME_WRAP_MS
    reporter = bench.app.reporter
    for view in (reporter._status(), reporter._detect(), reporter._loop()):
        [frame] = frames(view)
        assert frame.fields["t_ms"] == bench.app.t_ms


def test_the_rows_of_raw_telemetry_keep_their_steps_over_the_wrap():
    bench = Bench()
    bench.ports[0].waiting = b"telemetry raw\n"
    bench.tick(3)
    bench.app.t_ms = TIME_WRAP_MS - 200
    bench.tick(5)
    bench.ports[0].sent = b""
    bench.tick(40)
    raw = [frame for frame in frames(bench.ports[0].sent) if frame.name == wire.NAMES[wire.RAW]]
    assert len(raw) >= 7 and any(frame.fields["t_ms"] < 1000 for frame in raw)
    assert {frame.fields["ms_%d" % i] for frame in raw for i in range(wire.RAW_ROWS)} == {10}


@pytest.mark.parametrize("bin_ms", [40, 100, 200, 400])
def test_the_coils_speed_over_the_last_bins_is_the_same_over_the_wrap(bin_ms):
    rows = []
    for start in (0, TIME_WRAP_MS - bin_ms * TAPS_EARLY // 2):
        ground = Ground()
        for i in range(TAPS_EARLY + 2):
            ground.step((32768, 32768, 32768), (start + i * bin_ms) % TIME_WRAP_MS, 20 * i)
        rows.append(Footprint(ground).row(ground.open - 1 - EARLY_AHEAD, ground.open - 1))
    assert rows[0] == rows[1]


def test_rows_of_speeds_differ_so_that_the_wrap_is_seen_in_one():
    seen = set()
    for bin_ms in (40, 400):
        ground = Ground()
        for i in range(TAPS_EARLY + 2):
            ground.step((32768, 32768, 32768), i * bin_ms, 20 * i)
        seen.add(Footprint(ground).row(ground.open - 1 - EARLY_AHEAD, ground.open - 1))
    assert len(seen) == 2


@pytest.mark.parametrize("later_ms, warm", [(-10, False), (0, True), (5000, True)])
def test_a_detector_that_began_before_the_wrap_is_warm_when_its_time_is_over(later_ms, warm):
    settings = Settings()
    health = Health(settings)
    began = TIME_WRAP_MS - 100
    frame = (32768, 32768, 32768, 33100, 14022)
    for t_ms in (0, 1, 2):
        health.step(frame, began + t_ms, 0, False)
    at = (began + settings.get("det_warmup_ms") + later_ms) % TIME_WRAP_MS
    health.step(frame, at, 0, False)
    health.step(frame, at, 1000, False)
    assert (health.fault != WARMING_UP) == warm


@pytest.mark.parametrize("away_ms", BORDERS)
def test_an_operator_who_comes_back_after_weeks_is_told_of_the_loss(away_ms):
    bench = Bench().to(TELEOP)
    bench.until_changed(400)
    bench.say("ping")
    bench.tick(200)
    assert bench.app.state == STOPPED and bench.app.watch._link_lost
    bench.app.watch._heard_age_ms = away_ms
    bench.tick(2)
    assert bench.last("ping").startswith("ok ")
    [*_, back] = bench.told("link")
    assert back["up"] == 1 and TIME_WRAP_MS // 2 <= back["away_ms"] < TIME_WRAP_MS


def test_frames_and_seconds_counted_for_months_stay_small():
    stats, reporter = Bench().app.stats, Bench().app.reporter
    stats.ticks = reporter._count = (1 << 30) - 1000
    seconds = 0
    for _ in range(2000):
        second = stats.add(0, 100)
        seconds += second
        reporter.step(second)
        assert stats.ticks < 1 << 30
    assert seconds == 20 and reporter._count < 1 << 30
