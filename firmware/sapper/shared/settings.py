"""Every setting: name, default, bounds, unit, meaning; and the store that keeps their values.

The text form, the same in a file, on the console (`dump`) and in git, is one `name = value` a line; `#` starts a
comment.
All settings are integers. Nothing here knows of files or hardware.
"""

from sapper.shared import together
from sapper.shared.detector_settings import TUNING
from sapper.shared.digits import whole
from sapper.shared.limits import (
    ARM_CODE_MOST_MS,
    DRIVE_TIMEOUT_MOST_MS,
    DUTY_MAX_LEAST_PM,
    ENCODER_FAULT_MOST_MS,
    LINK_TIMEOUT_MOST_MS,
    RAMP_MOST_MS,
    STOP_RAMP_MOST_MS,
    SWEEP_LEAST_MM_S,
)

_ACCEL_LEAST = SWEEP_LEAST_MM_S * 1000 // RAMP_MOST_MS

# name, default, lowest, highest, unit, meaning
TABLE = (
    ("pulse_rate_hz", 2000, 1908, 4000, "Hz", "transmit pulses a second; 1908 is the slowest on the 8 ns grid"),
    ("pulse_us", 100, 5, 250, "us", "transmit pulse length"),
    ("gate0_ns", 6800, 1000, 200000, "ns", "from the pulse's end to gate 0's sampling instant"),
    ("gate1_ns", 10120, 1000, 200000, "ns", "the same for gate 1"),
    ("gate2_ns", 11656, 1000, 200000, "ns", "the same for gate 2"),
    ("coil_duty_max_pm", 250, 10, 400, "1/1000", "highest share of the time the coil driver may be on"),
    ("ticks_per_m", 1000, 100, 10000, "1/m", "encoder ticks for a metre of track"),
    ("track_width_mm", 420, 100, 2000, "mm", "between the middles of the tracks"),
    ("track_breadth_mm", 80, 10, 600, "mm", "across one track"),
    ("track_length_mm", 300, 20, 2000, "mm", "of the ground that a track touches, half of it ahead of the middle"),
    ("coil_ahead_mm", 520, -1000, 2000, "mm", "the coil's centre ahead of the tracks' middle"),
    ("swath_mm", 900, 100, 4000, "mm", "what the head searches across"),
    (
        "coil_clear_mm",
        370,
        0,
        2000,
        "mm",
        "from the coil's centre back to the foremost ground that a track touches; a second look takes 300",
    ),
    ("left_reversed", 0, 0, 1, "", "1 when the left motor and encoder run the other way round"),
    ("right_reversed", 0, 0, 1, "", "the same for the right"),
    ("speed_max_mm_s", 600, SWEEP_LEAST_MM_S, 1500, "mm/s", "fastest drive taken"),
    ("turn_max_mrad_s", 1000, 50, 6000, "mrad/s", "fastest turn taken"),
    ("sweep_mm_s", 300, SWEEP_LEAST_MM_S, 600, "mm/s", "speed of a sweep; not over speed_max_mm_s"),
    (
        "sweep_slow_mm_s",
        SWEEP_LEAST_MM_S,
        SWEEP_LEAST_MM_S,
        600,
        "mm/s",
        "speed of a sweep where the statistic nears an alert; as fast as sweep_mm_s: no slower",
    ),
    ("accel_mm_s2", 800, _ACCEL_LEAST, 5000, "mm/s2", "how fast a speed is taken up, and ramped down in TELEOP"),
    (
        "motor_ff_pm",
        900,
        0,
        5000,
        "1/1000 a m/s",
        "duty that a steady metre a second takes on the level; encoders are judged by it",
    ),
    ("motor_kp_pm", 800, 0, 10000, "1/1000 a m/s", "velocity loop, proportional"),
    ("motor_ki_pm", 3000, 0, 50000, "1/1000 a m", "velocity loop, integral"),
    ("motor_min_pm", 60, 0, 400, "1/1000", "duty that overcomes friction"),
    ("duty_max_pm", 950, DUTY_MAX_LEAST_PM, 1000, "1/1000", "highest motor duty"),
    (
        "encoder_fault_ms",
        200,
        50,
        ENCODER_FAULT_MOST_MS,
        "ms",
        "a track driven without net progress for so long is a fault",
    ),
    ("coast_ms", 700, 0, 3000, "ms", "a track may roll for so long after duty 0 before that counts as not driven"),
    ("stop_ramp_ms", 150, 20, STOP_RAMP_MOST_MS, "ms", "a stale drive command ramps to a stop in so long"),
    ("teleop_blind", 0, 0, 1, "", "1 lets TELEOP drive with a detector that cannot see, to bring the machine home"),
    ("drive_timeout_ms", 300, 100, DRIVE_TIMEOUT_MOST_MS, "ms", "age at which a drive command is stale"),
    (
        "link_timeout_ms",
        1500,
        200,
        LINK_TIMEOUT_MOST_MS,
        "ms",
        "moving without a valid operator message for so long is a stop",
    ),
    ("arm_code_ms", 5000, 1000, ARM_CODE_MOST_MS, "ms", "time to type the arming code back"),
    ("arm_idle_s", 120, 5, 3600, "s", "armed, standing and unused for so long disarms; pings are no use"),
    ("arm_needs_testpiece", 0, 0, 1, "", "1: no arming before a test-piece check (`testpiece`) has passed"),
    ("testpiece_hours", 12, 1, 72, "h", "a test-piece check that passed counts for so long"),
    (
        "testpiece_snr_x10",
        100,
        100,
        9000,
        "1/10 sigma",
        "how strong the test piece has to be, above the front end's wander; `sapper calibrate` sets it for yours",
    ),
    ("vsys_low_mv", 4600, 3000, 6000, "mV", "below this no arming"),
    ("vsys_critical_mv", 4300, 2500, 6000, "mV", "below this a protective stop"),
    ("sweep_marks", 0, 0, 1, "", "what an alert in SWEEP does: 0 stops over it, 1 marks its contact and goes on"),
    (
        "sweep_look",
        1,
        0,
        1,
        "",
        "1: a sweep stops at a contact that came without an alert, too, and backs until the coil is over it",
    ),
    ("ground_margin_mm", 30, 0, 500, "mm", "kept between a track and ground that was not searched"),
    ("ground_reaction_ms", 80, 0, 500, "ms", "a motion goes on for so long before a stop begins"),
    ("ground_stop_mm", 60, 0, 1000, "mm", "rolled from duty 0 to rest, out of speed_max_mm_s"),
    ("stand_off_mm", 150, 0, 500, "mm", "kept off, before and behind a find that was not judged clutter"),
    ("travel_mm_s", 300, 50, 1000, "mm/s", "speed of `back`, `ahead` and `shift`; not over speed_max_mm_s"),
    ("travel_mrad_s", 500, 50, 3000, "mrad/s", "turn of `turn` and `shift`; not over turn_max_mrad_s"),
    ("gnss_baud", 38400, 4800, 460800, "Bd", "of the GNSS receiver's line, from the next start on"),
    ("antenna_ahead_mm", 0, -2000, 2000, "mm", "the GNSS antenna ahead of the tracks' middle"),
    ("antenna_left_mm", 0, -2000, 2000, "mm", "to its left"),
    ("antenna_up_mm", 500, 0, 3000, "mm", "above the ground"),
    ("marker_ms", 120, 10, 1000, "ms", "length of a paint pulse"),
    ("audio", 1, 0, 1, "", "1: the buzzer sounds the detector's strength"),
    ("telemetry_detect_hz", 20, 0, 50, "Hz", "DETECT frames a second (0 = none)"),
    ("telemetry_status_hz", 5, 1, 10, "Hz", "STATUS frames a second"),
    ("telemetry_ground_hz", 2, 0, 5, "Hz", "GROUND frames a second, once a base line is told (0 = none)"),
) + TUNING

_INDEX = {row[0]: i for i, row in enumerate(TABLE)}


class SettingError(ValueError):
    """A setting that does not exist or a value out of its bounds; the text names both and the remedy."""


def row_of(name):
    """The table row of `name`; SettingError when there is none."""
    i = _INDEX.get(name)
    if i is None:
        raise SettingError("no setting '%s'; `get` lists them all" % name)
    return TABLE[i]


def parse_value(name, text):
    """`text` as the value of setting `name`; SettingError with the bounds when it is no integer or outside them."""
    row = row_of(name)
    try:
        value = text if isinstance(text, int) else whole(text)
    except ValueError:
        raise SettingError(
            "'%s' is no whole number; %s takes %d..%d %s" % (text, name, row[2], row[3], row[4])
        ) from None
    if not row[2] <= value <= row[3]:
        raise SettingError("%s = %d is outside %d..%d %s" % (name, value, row[2], row[3], row[4]))
    return value


class Settings:
    """Values of all settings. Raises SettingError on anything not in the table; a refused change changes nothing."""

    def __init__(self):
        self._values = [row[1] for row in TABLE]

    def get(self, name):
        """The value of `name`."""
        i = _INDEX.get(name)
        if i is None:
            row_of(name)
        return self._values[i]

    def set(self, name, text):
        """Set `name` from text or int, after its own bounds and the checks across settings; returns the value."""
        return self.set_many(((name, text),))[name]

    def set_many(self, pairs):
        """Set several at once, all or none: pairs of (name, text or int) -> {name: value}."""
        before = list(self._values)
        taken = {}
        try:
            for name, text in pairs:
                taken[name] = parse_value(name, text)
                self._values[_INDEX[name]] = taken[name]
            wrong = together.problem(self.get)
            if wrong:
                raise SettingError(wrong)
        except SettingError:
            self._values = before
            raise
        return taken

    def defaults(self):
        """Put every setting back to its default."""
        self._values = [row[1] for row in TABLE]

    def diff(self):
        """(name, value, default) of each setting that differs from its default."""
        return [(row[0], v, row[1]) for row, v in zip(TABLE, self._values) if v != row[1]]

    def dump_lines(self):
        """Every setting as `name = value`, in table order."""
        return ["%s = %d" % (row[0], v) for row, v in zip(TABLE, self._values)]

    def load_text(self, text):
        """Take settings from their text form, all or none; settings not named keep their values. SettingError names
        the line."""
        pairs = []
        number = 0
        for line in text.split("\n"):
            number += 1
            line = line.split("#")[0].strip()
            if not line:
                continue
            parts = line.split("=")
            if len(parts) != 2:
                raise SettingError("line %d: expected `name = value`, got '%s'" % (number, line))
            name = parts[0].strip()
            try:
                parse_value(name, parts[1].strip())
            except SettingError as error:
                raise SettingError("line %d: %s" % (number, error)) from None
            pairs.append((name, parts[1].strip()))
        self.set_many(pairs)
