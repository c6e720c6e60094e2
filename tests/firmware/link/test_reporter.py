"""Telemetry on the line, decoded by the laptop: every value is the one it is named after, at its rate, on who asked."""

from array import array
from types import SimpleNamespace

import numpy as np
import pytest
from bench import Bench

from hil.prove.detector_lab.kernels import footprint
from sapper.crypto.signing import Signer
from sapper.detector import footprint_kernels as kernels
from sapper.link.reporter import clip
from sapper.link.status import put as put_status
from sapper.safety.supervisor import SWEEP, TELEOP
from sapper.shared import wire
from sapper_host.board.decoder import Event, Frame, StreamDecoder

pytestmark = pytest.mark.unit

USB, RADIO = 0, 1


def frames(data, name=None):
    """Frames of these bytes, of this name."""
    items = [item for item in StreamDecoder().feed(bytes(data)) if isinstance(item, Frame)]
    return [item for item in items if name in (None, item.name)]


def tell(bench, line, ticks=5):
    """A line on USB, where frames come back."""
    bench.ports[USB].waiting += line.encode() + b"\n"
    bench.tick(ticks)


def ticked(bench, count, second_at=None):
    """The bytes of so many ticks on USB; the loop's figures are fresh in tick `second_at`."""
    bench.ports[USB].sent = b""
    for n in range(count):
        bench.app.tick(10)
        bench.app.report(1 if n == second_at else 0)
    return bench.ports[USB].sent


@pytest.fixture
def bench():
    """Telemetry on USB, every value of the board another than every other."""
    bench = Bench()
    bench.app.begin_field()
    tell(bench, "telemetry on", 20)
    return bench


def test_every_value_of_a_status_is_its_own(bench):
    app, odometry = bench.app, bench.app.drive.odometry
    app.t_ms, app.state, app.reason, app.detector.health.fault = 70_001, 4, 7, 3
    odometry.s_mm, odometry.x_um, odometry.y_um, odometry.heading_mrad = -1201, 34_567_999, -89_012_001, -1234
    app.drive.speed_mm_s = 321
    bench.board.motors[0].duty_pm, bench.board.motors[1].duty_pm = 111, -222
    app.watch.vsys_mv, app.watch.temp_dc, app.boot = 4987, -55, 900_000_001
    app.field.place.pose = SimpleNamespace(
        placed=True,
        x_mm=-123_456,
        y_mm=65_432,
        heading_mrad=-3142,
        sigma_mm=171,
        sigma_mrad=23,
        absolute=True,
        gnss=3,
        dropped=False,
    )
    app.field.tracks.reason, app.motion.kind = 2, 7
    [frame] = frames(app.reporter._status(), "STATUS")
    assert dict(frame.fields) == {
        "t_ms": 70_001,
        "state": 4,
        "reason": 7,
        "fault": 3,
        "flags": 1,
        "s_mm": -1201,
        "x_mm": 34_567,
        "y_mm": -89_013,
        "heading_mrad": -1234,
        "speed_mm_s": 321,
        "duty_left": 111,
        "duty_right": -222,
        "vsys_mv": 4987,
        "temp_dc": -55,
        "boot": 900_000_001,
        "field_x_mm": -123_456,
        "field_y_mm": 65_432,
        "field_heading_mrad": -3142,
        "sigma_mm": 171,
        "sigma_mrad": 23,
        "aid": 1 + 4 * 3 + 32,
        "ground": 2,
        "move": 7,
    }


@pytest.mark.parametrize(
    ("set_up", "aid"),
    [
        (lambda app: None, 0),
        (lambda app: setattr(app.field.place.pose, "placed", True), 1),
        (lambda app: setattr(app.field.place.inertial, "trusted", True), 2),
        (lambda app: setattr(app.field.place.pose, "gnss", 1), 4),
        (lambda app: setattr(app.field.place.pose, "gnss", 2), 8),
        (lambda app: setattr(app.field.place.pose, "dropped", True), 16),
        (lambda app: setattr(app.field.place.pose, "absolute", True), 32),
        (lambda app: setattr(app.field.tracks, "on", True), 64),
        (lambda app: app.field.tracks.release.give(1000, 1000), 128),
    ],
)
def test_each_aid_to_the_place_is_its_own_bits(bench, set_up, aid):
    set_up(bench.app)
    [frame] = frames(bench.app.reporter._status())
    assert frame.fields["aid"] == aid


@pytest.mark.parametrize("sigma_mm", [-1, 65_535, 100_000])
def test_a_place_that_is_not_known_is_told_so(bench, sigma_mm):
    bench.app.field.place.pose.sigma_mm = sigma_mm
    [frame] = frames(bench.app.reporter._status())
    assert frame.fields["sigma_mm"] == wire.UNKNOWN_SIGMA


@pytest.mark.parametrize(
    ("set_up", "flags"),
    [
        (lambda b: None, 0),
        (lambda b: setattr(b.board.inputs, "loop", 1), 1),
        (lambda b: setattr(b.board.inputs, "key", 1), 2),
        (lambda b: setattr(b.board.interlock, "up", 1), 4),
        (lambda b: setattr(b.app.watch, "searched", 1), 8),
        (lambda b: b.app.pinpoint(True), 16),
    ],
)
def test_each_flag_is_one_bit_of_a_status(bench, set_up, flags):
    bench.board.inputs.loop = 0
    set_up(bench)
    [frame] = frames(bench.app.reporter._status())
    assert frame.fields["flags"] == flags


def test_every_value_of_a_detect_is_its_own(bench):
    app, detector = bench.app, bench.app.detector
    app.t_ms, app.drive.odometry.s_mm = 70_002, 1301
    detector.strength, detector.class_hint, detector.statistic, detector.level = 501, 2, -77_001, 369
    detector.ground.open = 65
    bench.board.acquisition.frame = array("i", (30_001, 30_002, 30_003, 30_004, 30_005))
    [frame] = frames(app.reporter._detect(), "DETECT")
    assert list(frame.fields.values()) == [70_002, 1301, 501, 2, -77_001, 369, 30_001, 30_002, 30_003, 81]
    assert tuple(frame.fields) == wire.FIELDS[wire.DETECT]


def test_strength_is_of_the_bin_that_the_early_estimate_is_for_and_pinpointing_of_where_the_coil_is(bench):
    app, detector = bench.app, bench.app.detector

    def behind_mm():
        return frames(app.reporter._detect(), "DETECT")[0].fields["behind_mm"]

    for s_mm, before_mm, told in ((1300, 1300, 80), (1319, 1300, 99), (1250, 1300, 30), (1150, 1300, -70)):
        detector.ground.open, app.drive.odometry.s_mm = before_mm // kernels.BIN_MM, s_mm
        assert behind_mm() == told == s_mm - (before_mm - kernels.BIN_MM * (kernels.EARLY_AHEAD + 1))
    app.drive.odometry.s_mm = 100_000
    assert behind_mm() == 32_767, "passed meanwhile without being looked at"
    app.pinpoint(True)
    assert behind_mm() == 0


def test_the_early_estimate_is_greatest_where_metal_lies_at_its_bins_beginning():
    """The footprint: hil/prove/detector_lab/kernels.py."""
    taps = kernels.BACK + 1 + kernels.EARLY_AHEAD
    bins_mm = kernels.BIN_MM * np.arange(-kernels.BACK, kernels.EARLY_AHEAD + 1)
    within_mm = kernels.BIN_MM * (np.arange(10) - 4.5) / 10
    metal_mm = np.arange(-60, 61)
    along_mm = bins_mm[:, None, None] + within_mm[:, None] - metal_mm
    seen = footprint(along_mm / 1000).mean(axis=1)
    for row in range(0, len(kernels.EARLY), taps):
        greatest_mm = metal_mm[(np.array(kernels.EARLY[row : row + taps]) @ seen).argmax()]
        assert abs(greatest_mm + kernels.BIN_MM / 2) <= 6


def test_every_value_of_a_loop_is_its_own_and_what_grows_too_large_is_held(bench):
    app, stats = bench.app, bench.app.stats
    app.t_ms, stats.ticks, stats.load_pm, stats.tick_max_us, stats.jitter_max_us = 70_003, 7001, 262, 5201, 31
    bench.board.acquisition.missed, app.heap_free, app.refusals.count = 12, 123_456, 14
    app.links[0].dropped, app.links[1].dropped = 3, 4
    [frame] = frames(app.reporter._loop(), "LOOP")
    assert list(frame.fields.values()) == [70_003, 7001, 262, 5201, 31, 12, 7, 123_456, 14]
    stats.tick_max_us, stats.jitter_max_us = 65_536, 1_000_000
    bench.board.acquisition.missed, app.links[0].dropped, app.refusals.count = 65_537, 65_534, 65_539
    [frame] = frames(app.reporter._loop())
    assert [frame.fields[name] for name in ("tick_max_us", "jitter_max_us", "missed", "dropped", "refused")] == [
        65_535,
        65_535,
        1,
        2,
        3,
    ]


def test_every_value_of_an_event_is_its_own(bench):
    app = bench.app
    app.t_ms, app.drive.odometry.s_mm = 70_004, 1401
    number = app.log.next
    app.emit("contact", -11, 22, 33, 44, 2)
    bench.ports[USB].sent = b""
    app.report(0)
    [event] = [item for item in StreamDecoder().feed(bench.ports[USB].sent) if isinstance(item, Event)]
    assert (event.kind, event.number, event.t_ms, event.s_mm) == ("contact", number, 70_004, 1401)
    assert dict(event.args) == {"peak_mm": -11, "extent_mm": 22, "strength": 33, "snr_x10": 44, "class": "non_ferrous"}


@pytest.mark.parametrize(
    ("value", "clipped"),
    [(0, 0), (32_767, 32_767), (32_768, 32_767), (-32_768, -32_768), (-32_769, -32_768), (10**6, 32_767)],
)
def test_what_has_no_room_in_16_bits_is_held_at_their_end(value, clipped):
    assert clip(value) == clipped


def test_each_frame_comes_at_its_rate_and_the_loops_once_a_second(bench):
    for line, status, detect in (
        ("set telemetry_status_hz 5", 5, 20),
        ("set telemetry_status_hz 10", 10, 20),
        ("set telemetry_detect_hz 50", 10, 40),
        ("set telemetry_detect_hz 0", 10, 0),
    ):
        tell(bench, line)
        bench.app.reporter._count = 0
        data = ticked(bench, 100, second_at=0)
        assert len(frames(data, "STATUS")) == status and len(frames(data, "LOOP")) == 1
        assert detect - 2 <= len(frames(data, "DETECT")) <= detect + 10
        numbers = [frame.sequence for frame in frames(data)]
        assert all((after - before) & 255 == 1 for before, after in zip(numbers, numbers[1:], strict=False))


def test_ticks_that_raised_and_reported_nothing_cost_no_frame_of_the_loop(bench):
    for _ in range(20):  # one tick later in each round than the loop's seconds were before
        ticked(bench, 1)
        assert len(frames(ticked(bench, 100, second_at=0), "LOOP")) == 1


def test_frames_go_to_who_asked_alone(bench):
    bench.ports[RADIO].sent = b""
    assert frames(ticked(bench, 40)) and bench.ports[RADIO].sent == b""
    tell(bench, "telemetry off")
    assert frames(ticked(bench, 100, 50)) == []


def test_events_are_told_one_a_tick_in_order_and_none_twice(bench):
    for n in range(4):
        bench.app.emit("mark", n)
    counts, told = [], []
    for _ in range(5):
        data = ticked(bench, 1)
        events = [item for item in StreamDecoder().feed(data) if isinstance(item, Event)]
        counts.append(len(events))
        told += [event.args["count"] for event in events]
    assert counts == [1, 1, 1, 1, 0] and told == list(range(4))


def test_a_status_on_the_console_has_the_same_values():
    bench = Bench().to(TELEOP)
    bench.tick(20)
    app = bench.app
    app.detector.strength, app.stats.load_pm, bench.board.acquisition.missed, app.refusals.count = 12, 34, 56, 78
    app.drive.odometry.x_um, app.drive.odometry.y_um = 7_999, -1
    put_status(app, app.text)
    answer = dict(word.split("=") for word in app.text.text().split()[1:])
    assert answer == {
        "state": "TELEOP",
        "reason": "operator",
        "fault": "none",
        "loop": "1",
        "key": "1",
        "enabled": "1",
        "s_mm": str(app.drive.odometry.s_mm),
        "x_mm": "7",
        "y_mm": "-1",
        "speed_mm_s": str(app.drive.speed_mm_s),
        "strength": "12",
        "vsys_mv": str(app.watch.vsys_mv),
        "temp_dc": str(app.watch.temp_dc),
        "load_pm": "34",
        "missed": "56",
        "refused": "78",
        "testpiece": "0",
        "weakened": "0",
    }
    assert int(answer["s_mm"]) > 0 and int(answer["speed_mm_s"]) > 0


def test_telemetry_of_a_sweep_follows_the_rover():
    bench = Bench().to(SWEEP)
    tell(bench, "telemetry on", 1)
    bench.tick(100)
    statuses = frames(bench.ports[USB].sent, "STATUS")
    assert [frame.fields["state"] for frame in statuses] == [SWEEP] * len(statuses) and len(statuses) >= 4
    places = [frame.fields["s_mm"] for frame in statuses]
    assert places == sorted(set(places)) and all(frame.fields["duty_left"] > 0 for frame in statuses[1:])


def raw_rows(data):
    """Rows of the RAW frames among these bytes, each [ms, gates, counts]."""
    names = [field[0] for field in wire.RAW_ROW]
    found = frames(data, "RAW")
    return found, [[f.fields[f"{name}_{i}"] for name in names] for f in found for i in range(wire.RAW_ROWS)]


@pytest.fixture
def raw():
    bench = Bench()
    tell(bench, "telemetry raw", 20)
    assert bench.app.reporter.raw_link is bench.app.links[USB]
    return bench


def test_raw_telemetry_is_told_only_when_asked_for_and_only_over_usb(bench):
    assert not frames(ticked(bench, 100), "RAW")
    bench.app.gate.set_key(bytes(32))
    signed = Signer(bytes(32), bench.app.gate.nonce).sign(1, "telemetry raw")
    for line, refused in (("telemetry raw", "err unsigned"), (signed, "err link")):
        assert bench.last(line, RADIO, 20).startswith(refused) and bench.app.reporter.raw_link is None
    tell(bench, "telemetry raw", 20)
    assert frames(ticked(bench, 10), "RAW")
    for line, others in (("telemetry on", True), ("telemetry off", False)):
        tell(bench, "telemetry raw", 20)
        tell(bench, line, 20)
        data = ticked(bench, 40)
        assert not frames(data, "RAW") and bool(frames(data)) == others
    assert Bench().app.reporter.raw_link is None, "after a reset"


def test_every_tick_is_a_row_of_raw_telemetry_with_values_of_its_own(raw):
    app, board = raw.app, raw.board
    told, expected = b"", []
    for n in range(100):
        for side, rolls in ((0, 3), (1, -2)):
            board.encoders[side].ticks = rolls
        board.acquisition.alive = n != 42  # one frame that never was
        board.usb.sent = b""
        app.tick(20 if n == 57 else 10)
        app.report(0)
        told += board.usb.sent
        gates = list(board.acquisition.frame[:3]) if n != 42 else [wire.NO_FRAME] * 3
        counts = [encoder.count for encoder in board.encoders]
        expected.append([20 if n == 57 else 10, *gates, *counts])
    found, rows = raw_rows(told)
    assert len(found) == 20
    at = expected.index(rows[5])
    assert rows[5:] == expected[at : at + 95] and 0 < at <= 5
    assert [f.fields["number"] for f in found] == list(range(found[0].fields["number"], found[0].fields["number"] + 20))
    assert found[-1].fields["vsys_mv"] == app.watch.vsys_mv and found[-1].fields["temp_dc"] == app.watch.temp_dc
    # A frame's time is its first row's, so the next one's is all that its rows' steps come to.
    for before, after in zip(found, found[1:], strict=False):
        steps = [before.fields[f"ms_{i}"] for i in range(1, wire.RAW_ROWS)] + [after.fields["ms_0"]]
        assert after.fields["t_ms"] - before.fields["t_ms"] == sum(steps)


def test_reversed_encoders_count_forwards_in_raw_telemetry(raw):
    raw.app.settings.set_many((("left_reversed", 1),))
    raw.app.configure()
    told = b""
    for _ in range(40):
        raw.board.encoders[0].ticks = -7
        raw.board.encoders[1].ticks = -7
        told += ticked(raw, 1)
    _, rows = raw_rows(told)
    steps = [((b[4] - a[4]) & 0xFFFF, (b[5] - a[5]) & 0xFFFF) for a, b in zip(rows[5:], rows[6:], strict=False)]
    assert len(steps) > 20 and set(steps) == {(7, 65536 - 7)}


def test_raw_telemetry_on_a_host_that_does_not_read_costs_frames_and_no_text(raw):
    usb, link = raw.board.usb, raw.app.links[USB]
    usb.sent = b""
    raw.tick(10)
    before = len(usb.sent)
    usb.room = 0
    raw.tick(12)
    raw.ports[USB].waiting += b"ping\n"
    raw.tick(60)
    assert len(usb.sent) == before and link.dropped > 10
    usb.room = 7  # a trickle: parts of frames and of lines
    raw.tick(20)
    usb.room = 1000
    raw.tick(60)
    decoder = StreamDecoder()
    items = decoder.feed(usb.sent)
    assert sum(getattr(item, "line", "") != "" and "ok t_ms=" in str(item) for item in items) == 1
    assert decoder.counts.bad_frames == decoder.counts.garbled_lines == decoder.counts.lost_bytes == 0
    numbers = [item.fields["number"] for item in items if getattr(item, "name", "") == "RAW"]
    assert numbers == sorted(numbers)
    assert numbers[-1] - numbers[0] >= len(numbers) + 10, "what was lost shows in the numbers"


def test_no_link_is_told_of_losses_because_another_has_raw_telemetry(raw):
    raw.app.gate.set_key(bytes(32))
    raw.ports[RADIO].waiting += Signer(bytes(32), raw.app.gate.nonce).sign(1, "telemetry on").encode() + b"\n"
    raw.tick(20)
    for port in (USB, RADIO):
        raw.ports[port].sent = b""
    tell(raw, "telemetry raw", 300)  # from number 0 once more
    for port in (USB, RADIO):
        decoder = StreamDecoder()
        decoder.feed(raw.ports[port].sent)
        assert decoder.counts.frames > 50 and (decoder.counts.frame_gaps, decoder.counts.duplicates) == (0, 0), port


def test_raw_telemetry_begins_anew_with_number_0(raw):
    tell(raw, "telemetry on", 7)
    raw.ports[USB].sent = b""
    tell(raw, "telemetry raw", 30)
    found, rows = raw_rows(raw.ports[USB].sent)
    assert [f.fields["number"] for f in found[:3]] == [0, 1, 2] and all(row[0] == 10 for row in rows)
