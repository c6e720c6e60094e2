"""Protective stops that settings switch off or weaken: taken, but never unseen. Pure.

TABLE rows: setting, lowest and highest value at which the stop has its full strength, what is weaker outside. The order
is that of the bits (events.WEAKENED), which recordings keep: new rows go to the end.
"""

from sapper.shared.limits import ALERT_LEVEL_X100, LOOK_REACH_MM

TABLE = (
    ("sweep_marks", 0, 0, "an alert does not stop a sweep"),
    ("teleop_blind", 0, 0, "a detector that cannot see does not stop TELEOP"),
    ("det_alert_x100", 0, ALERT_LEVEL_X100, "only a strong find raises an alert, and stops a sweep"),
    ("det_bend_percent", 150, 300, "faint finds raise no alert"),
    ("det_rock_pm", 0, 100, "finds that look like stones raise no alert"),
    ("det_ground1_pm", 706, 1058, "a soil's ratio that is not the front end's hides finds"),
    ("det_ground2_pm", 734, 1100, "a soil's ratio that is not the front end's hides finds"),
    ("det_noise_max_mv", 0, 100, "noise that hides finds is no fault"),
    ("det_supply_min_mv", 4000, 7000, "gates are believed at a supply too low for them"),
    ("det_supply_max_mv", 0, 6000, "gates are believed at a supply too high for them"),
    ("det_warmup_ms", 300, 600000, "a detector that is not warm does not stop the rover"),
    ("pulse_us", 50, 250, "a short pulse finds little"),
    ("gate0_ns", 0, 13600, "a late gate finds little"),
    ("gate1_ns", 0, 20240, "a late gate finds little"),
    ("gate2_ns", 0, 23312, "a late gate finds little"),
    ("vsys_critical_mv", 4000, 6000, "a supply too low for the electronics does not stop the rover"),
    ("coast_ms", 0, 1000, "a track may move undriven for longer after a stop"),
    ("arm_idle_s", 0, 600, "a rover that stands unused stays armed for longer"),
    ("sweep_look", 1, 1, "a contact without an alert does not stop a sweep"),
    ("coil_clear_mm", LOOK_REACH_MM, 2000, "a track may reach a find before the second look at it"),
)


def bits(get):
    """Bit i is set when the setting of row i weakens its stop; get(name) gives the values."""
    weaker = 0
    for i in range(len(TABLE)):
        name, low, high, _ = TABLE[i]
        if not low <= get(name) <= high:
            weaker |= 1 << i
    return weaker


def rows(weaker):
    """The rows of TABLE whose bit is set."""
    return [TABLE[i] for i in range(len(TABLE)) if weaker >> i & 1]
