"""What the motor pins did, as step functions of time, and questions about them."""

from __future__ import annotations

from bisect import bisect_right


class Timeline:
    """What the motor pins did: changes of MOTOR_EN and both duties, in emulated ns; pulses: the transmit pulse's duty,
    where it is looked at."""

    def __init__(self) -> None:
        self.enable: list[tuple[int, float]] = [(0, 0.0)]
        self.duty: tuple[list[tuple[int, float]], ...] = ([(0, 0.0)], [(0, 0.0)])
        self.pulses: list[tuple[int, float]] = [(0, 0.0)]

    def forget_before(self, t_ns: int) -> None:
        """Keep one change before t_ns of each."""
        for row in (self.enable, *self.duty, self.pulses):
            del row[: max(0, bisect_right(row, (t_ns, 9.0)) - 1)]


def value_at(row: list[tuple[int, float]], t_ns: int) -> float:
    """A step function's value at t_ns."""
    at = bisect_right(row, (t_ns, 9.0)) - 1
    return row[max(at, 0)][1]


def settled_from(row: list[tuple[int, float]], t_ns: int) -> int | None:
    """The time from t_ns on since which the row has been 0 to its end; None when it is not 0 at its end."""
    if row[-1][1] != 0:
        return None
    first = len(row) - 1
    while first > 0 and row[first - 1][1] == 0:
        first -= 1
    return max(t_ns, row[first][0])


def longest_zero_ns(row: list[tuple[int, float]], t_ns: int, end_ns: int) -> int:
    """The longest time that the row was 0 at a stretch, from t_ns to end_ns."""
    longest, since = 0, t_ns
    value = value_at(row, t_ns)
    for t, then in [*(point for point in row if t_ns < point[0] < end_ns), (end_ns, 1.0)]:
        if value == 0:
            longest = max(longest, t - since)
        elif then == 0:
            since = t
        value = then
    return longest
