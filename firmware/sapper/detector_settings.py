"""The detector's tuning: rows for the settings table (name, default, lowest, highest, unit, meaning). See docs/detector.md."""

TUNING = (
    ("det_level_x100", 300, 50, 2000, "1/100 sigma", "statistic at which an object is a contact"),
    ("det_alert_x100", 350, 50, 2000, "1/100 sigma", "statistic at which the early, causal alert stops the rover"),
)
