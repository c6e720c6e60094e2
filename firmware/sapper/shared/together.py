"""Settings that bind each other: what each row of the table allows by itself may be unsafe together. Pure.

CHECKS: function(get) -> '' or what is wrong, with the setting to change first. The store refuses what does not pass
(`set`, a file, the laptop's `sapper settings` alike), and arming asks once more.
"""

from sapper.shared.limits import DRIVEN_OVER_PM, DRIVEN_PM, LOOP_FAST_MS, LOOP_STILL_MS, RAMP_MOST_MS, SWEEP_LEAST_MM_S

_SLOWEST_MM_S = SWEEP_LEAST_MM_S


def _pulse(get):
    period_ns = 1000000000 // get("pulse_rate_hz")
    pulse_ns = get("pulse_us") * 1000
    for name in ("gate0_ns", "gate1_ns", "gate2_ns"):
        if pulse_ns + get(name) >= period_ns:
            return "%s: the gate falls behind the next pulse; lower it, pulse_us or pulse_rate_hz" % name
    if pulse_ns * 1000 > get("coil_duty_max_pm") * period_ns:
        return "pulse_us x pulse_rate_hz is over coil_duty_max_pm; lower one of them"
    return ""


def _speed(get):
    if get("sweep_mm_s") > get("speed_max_mm_s"):
        return "sweep_mm_s is over speed_max_mm_s; lower the one or raise the other first"
    return ""


def _ramp(get):
    if get("speed_max_mm_s") * 1000 > get("accel_mm_s2") * RAMP_MOST_MS:
        return "from speed_max_mm_s accel_mm_s2 takes over %d ms to rest; lower the one or raise the other first" % (
            RAMP_MOST_MS
        )
    return ""


def _still(get):
    """The duty for a track that stands when it is to move, after LOOP_STILL_MS at the slowest sweep."""
    gain = get("motor_ff_pm") + get("motor_kp_pm") + get("motor_ki_pm") * LOOP_STILL_MS // 1000
    least = get("motor_min_pm")
    if gain * _SLOWEST_MM_S // 1000 + least < max(DRIVEN_PM, least + DRIVEN_OVER_PM):
        return (
            "motor_ff_pm, motor_kp_pm, motor_ki_pm and motor_min_pm: too weak to tell a track that is stuck; raise one"
        )
    return ""


def _fast(get):
    """The duty for a track that goes twice as fast as it is to, after LOOP_FAST_MS."""
    held = get("motor_kp_pm") + get("motor_ki_pm") * LOOP_FAST_MS // 1000
    if get("motor_ff_pm") * _SLOWEST_MM_S // 1000 + get("motor_min_pm") > held * _SLOWEST_MM_S // 1000:
        return "motor_ff_pm and motor_min_pm: motor_kp_pm and motor_ki_pm cannot hold that back; lower or raise them"
    return ""


def _supply(get):
    if get("vsys_low_mv") < get("vsys_critical_mv"):
        return "vsys_low_mv is under vsys_critical_mv; raise the one or lower the other first"
    if get("det_supply_min_mv") >= get("det_supply_max_mv"):
        return "det_supply_min_mv is not under det_supply_max_mv; lower the one or raise the other first"
    return ""


CHECKS = (_pulse, _speed, _ramp, _still, _fast, _supply)


def problem(get):
    """What does not fit together in the settings that get(name) gives, and what to do; '' when all does."""
    for check in CHECKS:
        wrong = check(get)
        if wrong:
            return wrong
    return ""
