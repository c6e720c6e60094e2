"""Levels of the statistic for a rate of false alarms on clean ground: `python -m hil.prove.detector_lab.levels`."""

# False alarms per 100 m^2, level in 1/100 sigma; the rate falls as the level rises.
CONTACT_LEVELS = ((1, 395), (2, 375), (3, 360), (5, 345), (10, 325), (30, 275), (50, 255))
# Of the early alert, and of the late one for what it did not see (second_chance.py). Alerts see less around an object
# than contacts do: among stones they are as frequent as contacts are, and half as frequent on clean ground.
ALERT_LEVELS = ((1, 500), (2, 465), (3, 450), (5, 430), (10, 395), (30, 340), (50, 315))
LATE_LEVELS = ((1, 415), (2, 390), (3, 380), (5, 365), (10, 340), (30, 290), (50, 270))


def level_of(rate, table):
    """The level (1/100 sigma) for `rate` false alarms per 100 m^2, straight between the rows of `table`."""
    before = table[0]
    for row in table:
        if rate <= row[0]:
            if row[0] == before[0]:
                return row[1]
            return before[1] + (row[1] - before[1]) * (rate - before[0]) // (row[0] - before[0])
        before = row
    return before[1]
