"""A track that does not do as its motor is told is a fault in its time, whatever its counts look like."""

import pytest

from sapper.drive import track_check
from sapper.drive.track_check import TrackCheck, TrackPair
from sapper.drive.velocity import MM_S, slide, window
from sapper.shared.events import TRACK_FAULTS
from sapper.shared.limits import ENCODER_STOP_MS
from sapper.shared.settings import Settings

pytestmark = pytest.mark.unit


class Tracks:
    """Two checks and their pair, fed by ticks."""

    def __init__(self, **changes):
        settings = Settings()
        settings.set_many(list(changes.items()))
        self.per_m = settings.get("ticks_per_m")
        self.checks = (TrackCheck(settings), TrackCheck(settings))
        self.pair = TrackPair(*self.checks)
        self.windows = (window(), window())

    def step(self, targets, duties, ticks):
        """One frame; what is told: (side, how), or None."""
        speeds = [slide(counts, n) * MM_S // self.per_m for counts, n in zip(self.windows, ticks, strict=True)]
        if self.pair.step(targets, duties, ticks, speeds):
            return self.pair.side, TRACK_FAULTS[self.pair.how]
        return None

    def frames_to_fault(self, targets, duties, ticks_of, most=400):
        """(frames, told), or None when nothing is."""
        for frame in range(1, most):
            told = self.step(targets, duties, ticks_of(frame))
            if told:
                return frame, told
        return None


def cruising(**changes):
    """Both tracks at 0.3 m/s on the level, for a second."""
    tracks = Tracks(**changes)
    assert tracks.frames_to_fault((300, 300), (330, 330), lambda _: (3, 3), most=100) is None
    return tracks


# What the left track's counts look like (a frame's ticks) while the right one's are in order; what is told of it.
LIES = {
    "still": (lambda frame: 0, {"still"}),
    "alternating": (lambda frame: (1, -1)[frame % 2], {"alternating", "still"}),
    "alternating, with a rest": (lambda frame: (1, 0, -1)[frame % 3], {"alternating", "still"}),
    "half the counts": (lambda frame: (1, 2)[frame % 2], {"too_few"}),
    "wrong way": (lambda frame: -3, {"wrong_way"}),
}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", LIES)
def test_a_track_that_goes_on_lying_is_told_in_its_time_and_by_its_side(name, sign):
    """The duty rises as the loop's would: by the lack, and by its integral."""
    ticks_of, expected = LIES[name]
    for side in (0, 1):
        tracks = Tracks()
        for _ in range(100):
            assert tracks.step((300 * sign,) * 2, (330 * sign,) * 2, (3 * sign,) * 2) is None
        for frame in range(1, ENCODER_STOP_MS // 10):
            lying = ticks_of(frame) * sign
            duty = sign * (330 + min(600, 9 * frame + (240 if name != "half the counts" else 120)))
            duties = (duty, 330 * sign) if side == 0 else (330 * sign, duty)
            ticks = (lying, 3 * sign) if side == 0 else (3 * sign, lying)
            told = tracks.step((300 * sign,) * 2, duties, ticks)
            if told:
                break
        assert told and told[0] == side and told[1] in expected


@pytest.mark.parametrize("limit_ms", [50, 100, 200, 240])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("ticks", [(0, 0), (1, -1)])
def test_both_tracks_driven_without_progress_are_a_fault_in_the_set_time(limit_ms, sign, ticks):
    """As when the plug that carries both encoders comes off: neither tells of the other."""
    tracks = Tracks(encoder_fault_ms=limit_ms)
    frames, _ = tracks.frames_to_fault((300 * sign,) * 2, (300 * sign,) * 2, lambda frame: (ticks[frame % 2],) * 2)
    assert limit_ms < frames * 10 <= min(limit_ms + 10, ENCODER_STOP_MS)


def neither_counts_from(speed, right_after=0, **changes):
    """After a second at a speed (mm/s) both fall silent, the right track so many frames after the left; the loops wind
    up. (frames from the left one's silence, told)."""
    tracks = Tracks(**changes)
    sign = 1 if speed > 0 else -1
    steady = speed * 870 // 1000 + 60 * sign
    counted = [0, 0]

    def ticks(frame, silent):
        due = abs(speed) * frame // 100 * sign
        gone = [0 if quiet else due - seen for quiet, seen in zip(silent, counted, strict=True)]
        counted[:] = [due, due]
        return gone

    for frame in range(100):
        assert tracks.step((speed,) * 2, (steady,) * 2, ticks(frame, (False, False))) is None
    for frame in range(1, 100):
        silent = (True, frame > right_after)
        since = (frame, max(0, frame - right_after))
        duties = [sign * min(950, abs(steady) + 2 * abs(speed) * min(n, 8) // 8 + 6 * n) for n in since]
        told = tracks.step((speed,) * 2, duties, ticks(100 + frame, silent))
        if told:
            return frame, told
    return None


@pytest.mark.parametrize("limit_ms", [100, 200, 240])
@pytest.mark.parametrize("speed", [150, 300, 600, -300])
def test_both_tracks_silent_on_the_way_are_a_fault_in_the_set_time(limit_ms, speed):
    """As when the encoders' supply goes, mid-way: each has moved, and neither may be the other's excuse."""
    frames, told = neither_counts_from(speed, encoder_fault_ms=limit_ms)
    assert frames * 10 <= min(limit_ms + 20, ENCODER_STOP_MS) and told[1] == "still"


@pytest.mark.parametrize("after", range(31))
@pytest.mark.parametrize("speed", [150, 300, 600])
def test_the_second_to_fall_silent_does_not_excuse_the_first(speed, after):
    frames, told = neither_counts_from(speed, after)
    assert frames * 10 <= ENCODER_STOP_MS and told[1] in ("still", "too_few")


def test_a_track_that_stands_on_a_grade_is_excused_as_long_as_the_other_one_climbs_it():
    """The left one stands, the right one creeps up at 33 mm/s; then it stands, too."""
    tracks = Tracks()
    assert tracks.frames_to_fault((60, 60), (150, 150), lambda _: (1, 1), most=50) is None
    assert tracks.frames_to_fault((60, 60), (400, 400), lambda frame: (0, frame % 3 == 0), most=200) is None
    frames, told = tracks.frames_to_fault((60, 60), (400, 400), lambda _: (0, 0))
    assert frames * 10 <= ENCODER_STOP_MS and told[1] == "still"


@pytest.mark.parametrize("duty_max", [200, 300, 950])
@pytest.mark.parametrize("least", [0, 60, 200, 400])
def test_a_loop_at_its_limit_drives_whatever_the_limit_is_set_to(duty_max, least):
    tracks = Tracks(duty_max_pm=duty_max, motor_min_pm=least, motor_kp_pm=3000)
    frames, told = tracks.frames_to_fault((300, 300), (duty_max,) * 2, lambda _: (0, 0))
    assert frames * 10 <= ENCODER_STOP_MS and told[1] == "still"


@pytest.mark.parametrize("ticks", [-3, -10])
def test_both_tracks_the_wrong_way_round_are_a_fault_in_time(ticks):
    frames, told = Tracks().frames_to_fault((300, 300), (400, 400), lambda _: (ticks, ticks))
    assert frames * 10 <= ENCODER_STOP_MS and told[1] == "wrong_way"


def test_counts_faster_than_the_motor_can_turn_are_a_fault_in_time():
    tracks = cruising()
    frames, told = tracks.frames_to_fault((300, 300), (330, 330), lambda _: (30, 3))
    assert frames * 10 <= ENCODER_STOP_MS and told == (0, "too_many")


def test_a_burst_of_counts_from_nothing_is_no_fault():
    """What a spike does once: eight millimetres at most are counted in error."""
    tracks = cruising()
    assert tracks.step((300, 300), (330, 330), (11, 3)) is None
    assert tracks.frames_to_fault((300, 300), (330, 330), lambda _: (3, 3)) is None


@pytest.mark.parametrize("ff", [2900, 5000])
def test_a_feed_forward_set_far_too_high_is_told_and_does_not_switch_the_check_off(ff):
    """Set so, a duty should give a third of the speed that it gives, or less."""
    frames, told = Tracks(motor_ff_pm=ff, motor_kp_pm=5000).frames_to_fault((600, 600), (600, 600), lambda _: (6, 6))
    assert frames * 10 <= 500 and told[1] == "too_many"


@pytest.mark.parametrize("ff", [0, 200, 450, 1500])
def test_a_wrong_feed_forward_leaves_driven_but_still_as_it_is(ff):
    tracks = Tracks(motor_ff_pm=ff)
    frames, told = tracks.frames_to_fault((300, 300), (500, 500), lambda _: (0, 0))
    assert frames * 10 <= ENCODER_STOP_MS and told[1] == "still"


def test_a_grade_that_both_tracks_climb_is_no_fault():
    tracks = cruising()
    for duty in range(330, 950):
        assert tracks.step((300, 300), (duty, duty), (3, 3)) is None


def test_a_standing_track_that_begins_to_move_undriven_is_a_fault_in_time():
    """From 50 mm/s on (half a tick a frame)."""
    tracks = Tracks()
    assert tracks.frames_to_fault((0, 0), (0, 0), lambda _: (0, 0), most=200) is None
    frames, told = tracks.frames_to_fault((0, 0), (0, 0), lambda frame: (frame % 2, 0))
    assert frames * 10 <= ENCODER_STOP_MS and told == (0, "undriven")


def test_a_track_that_moves_right_after_arming_is_a_fault_in_time():
    """It stood when it was armed: there is nothing to roll out."""
    frames, told = Tracks().frames_to_fault((0, 0), (0, 0), lambda _: (0, 3))
    assert frames * 10 <= ENCODER_STOP_MS and told == (1, "undriven")


def test_rolling_out_after_a_stop_and_rocking_are_no_faults():
    tracks = cruising()
    for frame in range(60):
        assert tracks.step((0, 0), (0, 0), (max(0, 3 - frame // 10),) * 2) is None
    for frame in range(1000):
        rocking = 1 if frame % 40 == 0 else -1 if frame % 40 == 20 else 0
        assert tracks.step((0, 0), (0, 0), (rocking, rocking)) is None


def test_the_kernels_numbers_are_those_that_are_told():
    names = ("_STILL_FAULT", "_ALTERNATING", "_WRONG_WAY", "_TOO_FEW", "_TOO_MANY", "_UNDRIVEN")
    told = [TRACK_FAULTS[getattr(track_check, name)] for name in names]
    assert told == ["still", "alternating", "wrong_way", "too_few", "too_many", "undriven"]


# A turn on the spot on a slope: the tracks are driven against each other, the slope holds one and pushes the other


def turns_on_the_spot(speed, loads, side, counted=1.0, frames=400):
    """The left track backwards, the right one forwards, both at a speed (mm/s) for so many frames; each track's loop
    gives it the duty that its load (mm/s that it takes) asks for. From a second on of one side's (0 left) counts only
    this part arrives, and its loop makes good what it believes to lack. What is told, or None, and when."""
    tracks = Tracks()
    if side:
        loads = loads[::-1]
    signs = (-1, 1)
    seen = [0.0, 0.0]
    duties = [0, 0]
    for frame in range(1, frames):
        part = min(1.0, frame / 30)
        counts = []
        for i in (0, 1):
            lost = i == side and frame > 100
            true = speed * part * (1 if not lost else min(1 / counted, 1 + (1 / counted - 1) * (frame - 100) / 10))
            before = int(seen[i])
            seen[i] += true * (counted if lost else 1.0) * tracks.per_m / 100_000
            counts.append(signs[i] * (int(seen[i]) - before))
            wanted = (true + loads[i] * part) * 870 // 1000 + 60
            duties[i] = signs[i] * int(min(950, wanted))
        told = tracks.step([sign * int(speed * part) for sign in signs], duties, counts)
        if told:
            return frame, told
    return None


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("speed", [60, 100, 150, 250])
def test_a_turn_on_the_spot_on_a_slope_is_no_fault(speed, side):
    assert turns_on_the_spot(speed, (110, 30), side) is None


def test_without_the_slack_for_scrubbing_it_would_be_one(monkeypatch):
    """The known bad of the check: so the loads are compared, and only the slack excuses them."""
    monkeypatch.setattr(track_check, "_SCRUB_MM_S", 0)
    assert any(turns_on_the_spot(speed, (110, 30), 0) for speed in (60, 100, 150, 250))


@pytest.mark.parametrize("side", [0, 1])
def test_half_the_counts_lost_in_the_fastest_turn_is_a_fault_still(side):
    speed = Settings().get("turn_max_mrad_s") * Settings().get("track_width_mm") // 2000
    assert turns_on_the_spot(speed, (30, 30), side) is None
    frame, told = turns_on_the_spot(speed, (30, 30), side, counted=0.5)
    assert told == (side, "too_few") and 0 < (frame - 100) * 10 <= 1000
