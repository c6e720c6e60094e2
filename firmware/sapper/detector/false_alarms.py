"""Levels of the statistic for a rate of false alarms on clean ground: `python -m hil.prove.detector_lab.levels`."""

# False alarms per 100 m^2, level in 1/100 sigma; the rate falls as the level rises.
CONTACT_LEVELS = ((1, 397), (2, 383), (3, 373), (5, 360), (10, 333), (30, 283), (50, 263))
# Of the early alert, and of the late one for what it did not see (second_chance.py). Alerts see less around an object
# than contacts do: among stones and bursts they are as frequent as contacts are, and half as frequent on clean ground.
ALERT_LEVELS = ((1, 500), (2, 465), (3, 450), (5, 430), (10, 400), (30, 350), (50, 330))
LATE_LEVELS = ((1, 430), (2, 403), (3, 390), (5, 375), (10, 345), (30, 285), (50, 260))


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
