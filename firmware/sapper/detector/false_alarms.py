"""Levels of the statistic for a rate of false alarms on clean ground: `python -m hil.prove.detector_lab.levels`."""

# False alarms per 100 m^2, level in 1/100 sigma; the rate falls as the level rises.
CONTACT_LEVELS = ((1, 392), (2, 364), (3, 350), (5, 332), (10, 310), (30, 268), (50, 246))
ALERT_LEVELS = ((1, 408), (2, 378), (3, 369), (5, 356), (10, 334), (30, 287), (50, 264))


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
