"""The detector's tuning: rows of the settings table (name, default, lowest, highest, unit, meaning). See
docs/detector.md.
"""

TUNING = (
    ("det_far_per_100m2", 3, 1, 50, "1/100 m2", "false alarms to be borne: sets the levels of alert and contact"),
    (
        "det_level_x100",
        0,
        0,
        2000,
        "1/100 sigma",
        "statistic at which an object is a contact; 0: from det_far_per_100m2",
    ),
    (
        "det_alert_x100",
        0,
        0,
        2000,
        "1/100 sigma",
        "statistic at which an alert is raised, early or late; 0: from det_far_per_100m2",
    ),
    ("det_ground1_pm", 882, 300, 1500, "1/1000", "soil's answer at gate 1, of that at gate 0"),
    ("det_ground2_pm", 917, 300, 1500, "1/1000", "soil's answer at gate 2, of that at gate 0"),
    ("det_bend_percent", 180, 100, 300, "%", "weight of the question 'is it metal' against 'is anything there'"),
    ("det_rock_pm", 50, 0, 200, "1/1000", "by how much a stone's gate ratio may differ from the soil's"),
    (
        "det_noise_max_mv",
        20,
        2,
        500,
        "mV",
        "noise of a frame, gates 1 and 2 (gate 0: ten times that), above which it is a fault",
    ),
    ("det_supply_min_mv", 4300, 2000, 5500, "mV", "supply below which the gates are not believed"),
    ("det_supply_max_mv", 5600, 4000, 7000, "mV", "supply above which the gates are not believed"),
    ("det_warmup_ms", 300, 0, 600000, "ms", "after start: the detector is not to be used before"),
)
