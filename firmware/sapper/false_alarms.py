"""Levels of the statistic for a rate of false alarms, as measured over development lanes (docs/detector.md,
'Levels').
"""

# False alarms per 100 m^2, level in 1/100 sigma; the rate falls as the level rises.
CONTACT_LEVELS = ((1, 400), (2, 360), (3, 345), (5, 330), (10, 305), (30, 260), (50, 240))
ALERT_LEVELS = ((1, 420), (2, 390), (3, 370), (5, 345), (10, 320), (30, 270), (50, 250))


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
