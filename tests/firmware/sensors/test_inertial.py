"""The gyro's turn, its bias and its faults."""

import math
import sys
import types
from random import Random

import pytest
import watched
from inertial_kit import LSB_URAD_S, Imu, begin, drive, stand
from watched import Watched, WatchedArray

from sapper.sensors import inertial
from sapper.sensors.inertial import NOISY, OK, SILENT, STUCK, UNPLUGGED, Inertial
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def same_chance():
    begin()


def learned(bias=0, spread=3, made=Inertial):
    """One that has stood for a second, and its IMU."""
    taken, imu = made(), Imu(bias, spread)
    stand(taken, imu)
    return taken, imu


def test_before_it_has_stood_it_is_not_trusted_and_has_no_turn_for_anybody():
    taken = Inertial()
    assert (taken.state, taken.trusted, taken.turn_urad) == (UNPLUGGED, False, 0)
    drive(taken, Imu(80), 50)
    assert (taken.state, taken.trusted) == (OK, False)
    assert taken.sigma_bias_urad_s == 17_453


@pytest.mark.parametrize("bias", [-700, -114, 0, 37, 1100])
def test_a_second_of_standing_gives_the_bias(bias):
    taken, imu = learned(bias)
    assert taken.trusted and taken.still
    assert taken.bias_urad_s == pytest.approx(bias * LSB_URAD_S, abs=100)
    assert 30 < taken.sigma_bias_urad_s < 150
    # A minute straight ahead: wrong by what sigma says, three times over.
    assert abs(drive(taken, imu, 6000)) < 3 * 60 * taken.sigma_bias_urad_s


def test_longer_standing_makes_it_better():
    ends = []
    for seconds in (1, 20):
        off = []
        for bias in range(60):
            taken, imu = learned(bias, 6)
            stand(taken, imu, 100 * seconds)
            off.append(taken.bias_urad_s - bias * LSB_URAD_S)
        ends.append((math.sqrt(sum(o * o for o in off) / len(off)), abs(sum(off) / len(off)), taken.sigma_bias_urad_s))
    assert ends[1][0] < ends[0][0] / 2 and ends[1][1] < 12
    assert all(rms < sigma for rms, _, sigma in ends)


@pytest.mark.parametrize("digits", [1, -1, 3000, -3000, 32_000])
@pytest.mark.parametrize("elapsed_ms", [10, 9, 37])
def test_a_turn_is_what_it_was(digits, elapsed_ms):
    """To the scale's 20 millionths, whatever is carried over from tick to tick."""
    taken, imu = Inertial(), Imu(0, 0)
    imu.turn = digits
    taken.take(imu.felt(), False, 10)
    ticks = 3000
    total = 0
    for n in range(ticks):
        imu.felt().row[1] = n % 5  # it lives
        taken._s[inertial._SAME_Z] = 0
        total += taken.take(imu, False, elapsed_ms)
    wanted = digits * LSB_URAD_S * ticks * elapsed_ms / 1000
    assert total == pytest.approx(wanted, rel=2e-5 if abs(digits) > 100 else 2.5e-3, abs=3)


def test_reads_that_failed_are_made_good_by_the_next():
    taken, imu = learned(40)
    imu.turn = 2000
    total = 0
    for n in range(1000):
        total += taken.take(imu.none("bus") if n % 10 in (3, 4, 5) else imu.felt(), False, 10)
        assert taken.trusted
    assert total == pytest.approx(2000 * LSB_URAD_S * 10, rel=0.01)


def test_a_turn_while_it_stands_is_not_swallowed():
    """Somebody turns it by hand: slow as that may be, no bias is learned of it, and the turn is told."""
    taken, imu = learned(40)
    for speed in (400, 60):
        imu.turn = speed
        stood = sum(taken.take(imu.felt(), True, 10) for _ in range(400))
        assert stood == pytest.approx(speed * LSB_URAD_S * 4, rel=0.12)
        assert taken.bias_urad_s == pytest.approx(40 * LSB_URAD_S, abs=120)
        imu.turn = 0
        stand(taken, imu, 201)
        assert taken.still


def test_still_it_turns_not_at_all():
    taken, imu = learned(40)
    assert {taken.take(imu.felt(), True, 10) for _ in range(3000)} == {0}


def test_who_carries_it_teaches_it_nothing():
    taken, imu = Inertial(), Imu(40)
    for n in range(1000):
        imu.turn = round(600 * math.sin(n / 20))
        imu.accel = (round(1500 * math.sin(n / 33)), 0, 16_384)
        taken.take(imu.felt(), True, 10)
    assert not taken.trusted and not taken.still


def test_a_bias_that_has_jumped_is_learned_in_the_end():
    taken, imu = learned(40)
    imu.bias = 240
    stand(taken, imu, 500)
    assert taken.bias_urad_s == pytest.approx(40 * LSB_URAD_S, abs=120)
    stand(taken, imu, 700)
    assert taken.bias_urad_s == pytest.approx(240 * LSB_URAD_S, abs=120)


def test_what_is_no_bias_is_not_taken_for_one():
    taken, _ = learned(1400)
    assert not taken.trusted


def test_it_is_believed_less_with_time_and_with_every_degree():
    taken, imu = learned(0)
    fresh = taken.sigma_bias_urad_s
    drive(taken, imu, 6000)
    aged = taken.sigma_bias_urad_s
    assert aged == pytest.approx(fresh + 15, abs=2)
    imu.temp += 10 * 256
    drive(taken, imu, 200)
    assert taken.sigma_bias_urad_s == pytest.approx(aged + 1750, rel=0.02)
    imu.bias = 11  # the drift of ten degrees
    stand(taken, imu, 201)
    assert taken.sigma_bias_urad_s < 150
    assert taken.bias_urad_s == pytest.approx(11 * LSB_URAD_S, abs=100)
    for _ in range(40_000):
        taken.take(imu.felt(), False, 1000)
    assert taken.sigma_bias_urad_s <= 150 + 600


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (100, -50), (-350, 0), (0, 500), (785, -785)])
def test_the_tilt_is_that_of_gravity(pitch, roll):
    taken, imu = learned()
    down = 1 / math.sqrt(1 + math.tan(pitch / 1000) ** 2 + math.tan(roll / 1000) ** 2)
    g = 16_384 * down
    imu.accel = (round(g * math.tan(pitch / 1000)), round(g * math.tan(roll / 1000)), round(g))
    drive(taken, imu, 600)
    assert taken.pitch_mrad == pytest.approx(pitch, abs=8) and taken.roll_mrad == pytest.approx(roll, abs=8)


def test_a_bump_is_no_slope():
    taken, imu = learned()
    drive(taken, imu, 50)
    imu.accel = (8000, -8000, 16_384)
    drive(taken, imu, 1)
    assert abs(taken.pitch_mrad) < 15 and abs(taken.roll_mrad) < 15


def test_upside_down_it_says_what_it_can():
    taken, imu = learned()
    imu.accel = (-30_000, 30_000, -16_384)
    drive(taken, imu, 600)
    assert (taken.pitch_mrad, taken.roll_mrad) == (-782, 782) or abs(taken.pitch_mrad) <= 785


@pytest.mark.parametrize(
    ("fault", "state", "relearns"),
    [("unplugged", UNPLUGGED, True), ("wrong_id", UNPLUGGED, True), ("bus", SILENT, False)],
)
def test_silence_is_told_after_200_ms(fault, state, relearns):
    taken, imu = learned(40)
    for n in range(40):
        taken.take(imu.none(fault), False, 10)
        assert taken.state == (OK if n < 20 else state)
        assert taken.trusted == (n < 20)
    drive(taken, imu, 2)
    assert taken.state == OK and taken.trusted != relearns
    stand(taken, imu)
    assert taken.trusted


def test_what_a_long_gap_has_turned_nobody_knows():
    taken, imu = learned()
    imu.turn = 5000
    drive(taken, imu, 10)
    assert taken.take(imu.felt(), False, 500) == 0 and not taken.trusted
    assert drive(taken, imu, 1) > 0 and taken.trusted


@pytest.mark.parametrize("alone", [False, True])
def test_values_that_repeat_are_stuck_until_they_have_lived_for_a_second(alone):
    """All of them ten times, or the gyro's z alone fifty."""
    taken, imu = learned(40)
    imu.felt()
    states = []
    for n in range(60):
        if alone:
            imu.row[4] = n
        taken.take(imu, False, 10)
        states.append(taken.state)
    first = states.index(STUCK)
    assert first in ((49, 50) if alone else (9, 10)) and set(states[first:]) == {STUCK}
    assert not taken.trusted and taken.turn_urad == 0
    drive(taken, imu, 98)
    assert taken.state == STUCK
    drive(taken, imu, 4)
    assert taken.state == OK and taken.trusted


def test_stuck_values_are_no_bias():
    taken, imu = Inertial(), Imu(900)
    imu.felt()
    for _ in range(500):
        taken.take(imu, True, 10)
    assert taken.state == STUCK and not taken.trusted and taken.bias_urad_s == 0


def test_a_rail_is_no_rate():
    taken, imu = learned()
    for rail in (32_767, -32_768):
        imu.turn = rail
        drive(taken, imu, 1)
        assert taken.state == NOISY and not taken.trusted and taken.turn_urad == 0
        imu.turn = 0
        drive(taken, imu, 98)
        assert taken.state == NOISY
        drive(taken, imu, 3)
        assert taken.state == OK


def test_noise_while_it_stands_is_told_and_forgotten_when_it_ends():
    taken, imu = learned(40)
    imu.spread = 350
    stand(taken, imu, 250)
    assert taken.state == NOISY and not taken.trusted
    imu.spread = 3
    stand(taken, imu, 250)
    assert taken.state == OK and taken.trusted
    assert taken.bias_urad_s == pytest.approx(40 * LSB_URAD_S, abs=120)


def test_hours_of_anything_break_nothing_and_stay_within_30_bits(monkeypatch):
    monkeypatch.setitem(watched.HOLDS, "h", (2, -32768, 32767))
    monkeypatch.setattr(inertial, "array", WatchedArray)
    random = Random(5)
    taken, imu = Inertial(), Imu()
    imu.row = WatchedArray("h", [0] * 7)
    ends = (0, 1, -1, 32_767, -32_768, 1143, -1143, 16_384)
    for _ in range(300):
        kind = random.randrange(4)
        middle = [random.choice(ends) for _ in range(7)]
        for _ in range(random.choice((3, 40, 250))):
            for i in range(7):
                value = random.choice(ends) if kind == 0 else middle[i] + (random.randrange(-3, 4) if kind > 1 else 0)
                imu.row[i] = max(-32_768, min(32_767, value))
            imu.fresh = random.random() > (0.3 if kind == 3 else 0)
            imu.fault = random.choice(("bus", "unplugged", "", "starting", "repeats"))
            elapsed = Watched(random.choice((10, 10, 10, 0, 200, 60_000, (1 << 29) - 1)) if kind == 3 else 10)
            taken.take(imu, random.random() < (0.5 if kind == 3 else 1), elapsed)
            assert abs(taken.pitch_mrad) <= 785 and abs(taken.roll_mrad) <= 785
            assert 0 < taken.sigma_bias_urad_s <= 17_453 and taken.state in (OK, SILENT, STUCK, UNPLUGGED, NOISY)
            assert not (taken.trusted and taken.state != OK)


# What is wrong: text, what stands there instead; each is seen by one of the tests above.
WRONG = {
    "the bias stays": ("off = z * 64 - s[4]", "off = z * 64"),
    "the bias is put on": ("off = z * 64 - s[4]", "off = z * 64 + s[4]"),
    "a digit is 150 urad/s": ("(off * 173 + 224) // 448", "(off * 154 + 224) // 448"),
    "what is left over is lost": ("        s[6] = rest\n", ""),
    "a row counts for this tick alone": ("both = rate + s[5]", "both = 2 * rate + 0 * s[5]"),
    "the time of reads that failed is lost": ("    gap_ms += s[29]\n", ""),
    "a long gap is bridged": ("        gap_ms = 0  # nobody", "        gap_ms = 200  # nobody"),
    "the spread is no matter": ("if s[_MOST + i] - s[_LEAST + i] > (", "if 0 > ("),
    "any mean is a bias": ("if not -_BIAS_MOST_Q6 <= mean_q6 <= _BIAS_MOST_Q6:", "if mean_q6 > 1 << 28:"),
    "any new mean is believed": ("> 3 * self.sigma_bias_urad_s + _BELIEVED_URAD_S", "> 1 << 28"),
    "no new mean is believed": ("if self._strange < _STRANGE_SECONDS:", "if True:"),
    "it is learned in motion": ("    if standing:\n        s[8]", "    if 1:\n        s[8]"),
    "one second is all": ("(mean_q6 - s[_BIAS] + self._weight // 2) // self._weight", "mean_q6 - s[_BIAS]"),
    "means are rounded down": ("+ self._weight // 2) // self", ") // self"),
    "what repeats is fine": ("if s[0] >= _SAME_MOST or s[1]", "if s[1]"),
    "gyro z may repeat": ("or s[1] >= _SAME_Z_MOST", ""),
    "what lives again is well at once": ("s[2] = _WELL_ROWS", "s[2] = 1"),
    "a rail is a rate": ("if z > _RAIL or z < 0 - _RAIL:", "if 0:"),
    "noise is no matter": ("s[_NOISY_FOR] + 1 if s[_STEPS_Z] > _NOISY_STEP * _ROWS else 0", "0"),
    "warmth is no matter": ("(apart * _A_DEGREE_URAD_S >> 8)", "0"),
    "time is no matter": ("self._age_s // _SECONDS_A_URAD_S +", "0 +"),
    "another part has the old bias": (
        "            self.state = UNPLUGGED\n            self._forget()", "            self.state = UNPLUGGED"
    ),
    "silence is fine": ("            s[33] = s[33] | _SILENCE\n", "            pass\n"),
    "trusted without a bias": ("state == OK and s[31] > 0:", "state == OK:"),
    "trusted whatever the state": ("if heard == 1 and state == OK and s[31]", "if heard == 1 and s[31]"),
    "a turn in the stand is swallowed": ("if off > _STILL_Q6 or off < 0 - _STILL_Q6:", "if 0:"),
    "pitch and roll change places": ("return self._s[_PITCH]", "return self._s[_ROLL]"),
    "the tangent is the angle": ("ratio * 1000 // (1000 + 28 * ratio * ratio // 100000)", "ratio"),
    "one row is the tilt": ("((value - s[11 + i]) >> 6)", "(value - s[11 + i])"),
}  # fmt: skip


def seen(made):
    """Whether one of a few ways of looking sees that something is wrong."""

    def biased():
        taken, imu = learned(300, made=made)
        turned_urad = drive(taken, imu, 3000)
        return abs(turned_urad) > 3 * 30 * taken.sigma_bias_urad_s or not taken.trusted

    def scale():
        taken, imu = learned(0, made=made)
        imu.turn = 3001
        return abs(drive(taken, imu, 2000) / (3001 * LSB_URAD_S * 20) - 1) > 1e-3

    def small():
        taken, imu = made(), Imu(0, 0)
        total = 0
        for n in range(3000):
            imu.felt().row[1] = n % 5
            imu.row[3] = 1 + n % 2
            total += taken.take(imu, False, 9)
        return abs(total - 1.5 * LSB_URAD_S * 27) > 30

    def gaps():
        taken, imu = learned(0, made=made)
        imu.turn = 2000
        total = sum(taken.take(imu.none("bus") if n % 2 else imu.felt(), False, 10) for n in range(2000))
        return abs(total / (2000 * LSB_URAD_S * 20) - 1) > 0.01

    def ramp():
        taken, imu = learned(0, made=made)
        total = 0
        for n in range(100):
            imu.turn = 100 * n
            total += taken.take(imu.felt() if n % 10 == 0 else imu.none("bus"), False, 10)
        return abs(total / (LSB_URAD_S * 100 * 90 * 90 / 2 / 100) - 1) > 0.02

    def older():
        off = []
        for bias in range(0, 120, 4):
            taken, imu = learned(bias, 6, made)
            stand(taken, imu, 2500)
            off.append(taken.bias_urad_s - bias * LSB_URAD_S)
        return math.sqrt(sum(o * o for o in off) / len(off)) > 26 or abs(sum(off) / len(off)) > 9

    def tests():
        before = globals()["Inertial"]
        globals()["Inertial"] = made
        learned.__defaults__ = (0, 3, made)
        try:
            test_it_is_believed_less_with_time_and_with_every_degree()
            test_what_a_long_gap_has_turned_nobody_knows()
            test_a_turn_while_it_stands_is_not_swallowed()
            test_who_carries_it_teaches_it_nothing()
            test_a_bias_that_has_jumped_is_learned_in_the_end()
            test_what_is_no_bias_is_not_taken_for_one()
            test_before_it_has_stood_it_is_not_trusted_and_has_no_turn_for_anybody()
            test_stuck_values_are_no_bias()
            test_a_rail_is_no_rate()
            test_noise_while_it_stands_is_told_and_forgotten_when_it_ends()
            test_a_bump_is_no_slope()
            for case in ((100, -50), (500, 0)):
                test_the_tilt_is_that_of_gravity(*case)
            for alone in (False, True):
                test_values_that_repeat_are_stuck_until_they_have_lived_for_a_second(alone)
            for case in (("unplugged", UNPLUGGED, True), ("bus", SILENT, False)):
                test_silence_is_told_after_200_ms(*case)
        finally:
            globals()["Inertial"] = before
            learned.__defaults__ = (0, 3, before)

    try:
        if any(way() for way in (biased, scale, small, gaps, ramp)):
            return True
        tests()
        return older()
    except (AssertionError, ValueError):
        return True


def changed(monkeypatch, old, new):
    """The module, with a fault."""
    source = (ROOT / "firmware" / "sapper" / "sensors" / "inertial.py").read_text(encoding="utf-8")
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times"
    module = types.ModuleType("inertial_with_a_fault")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source.replace(old, new), "inertial", "exec"), vars(module))
    return module.Inertial


@pytest.mark.parametrize("wrong", WRONG)
def test_one_that_is_wrong_is_seen(wrong, monkeypatch):
    assert seen(changed(monkeypatch, *WRONG[wrong]))


def test_the_one_that_is_right_is_not(monkeypatch):
    assert not seen(changed(monkeypatch, "import micropython\n", "import micropython\n\n"))
