"""What a fault means and what is to be done about it, by its name on the board."""

from __future__ import annotations

# Of events.FAULTS: meaning, remedy. What stops the rover by the same name has its remedy in events.REASONS.
FAULT_WORDS = {
    "none": ("", ""),
    "stuck_gate0": ("gate 0 gives the same value again and again", "check gate 0's sampler and its strobe"),
    "stuck_gate1": ("gate 1 gives the same value again and again", "check gate 1's sampler and its strobe"),
    "stuck_gate2": ("gate 2 gives the same value again and again", "check gate 2's sampler and its strobe"),
    "saturated": (
        "a gate is at the end of its range",
        "move off large metal; check the front end's offset and its plug",
    ),
    "no_pulse": (
        "several gates froze, fell to 0 V or lost their noise together",
        "check coil driver, coil and front end supply",
    ),
    "noise": (
        "the gates scatter far above det_noise_max_mv",
        "look for radios, motors and power lines; check the coil's screen",
    ),
    "warming_up": ("moving before the detector is ready", "wait for det_warmup_ms after start, then try again"),
    "supply": (
        "supply outside det_supply_min_mv..det_supply_max_mv",
        "charge or change the battery; check the regulator",
    ),
    "encoder_left": ("the left track", ""),
    "encoder_right": ("the right track", ""),
    "acquisition": ("no frames from the ADC", ""),
    "exception": ("the firmware raised an error", ""),
}
# Of events.TRACK_FAULTS: what the track looks like.
TRACK_WORDS = {
    "none": "",
    "still": "driven, it does not move",
    "alternating": "its counts come and go",
    "wrong_way": "its counts go the wrong way",
    "too_few": "counts are missing",
    "too_many": "more counts than its motor can give",
    "undriven": "it moves undriven",
}
