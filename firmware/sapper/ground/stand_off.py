"""What is kept off for a while: round obstacles as discs, contacts not yet judged clutter as bars across their lane.

A bar is discs in a row, half a radius apart or less; a disc is a row of one.
"""

from array import array

from sapper.ground.direction import direct, phase_of
from sapper.shared.zeros import zeros

# Of each row: its middle, from there to the middle of the last disc, their radius (0: not used), how many they are.
_X = 0
_Y = 1
_HALF_X = 2
_HALF_Y = 3
_RADIUS = 4
_COUNT = 5
_VALUES = 6


class StandOff:
    """So many rows at most, preallocated. They are remembered when the map forgets: `again` puts them back."""

    def __init__(self, cells, most=24):
        self._cells = cells
        self._rows = zeros("i", _VALUES * most)
        self._way = array("i", [0, 0])
        self._most = most
        self._next = 0
        self._next_disc = 0
        self._lost = False  # one is kept off that had no room

    def forget(self):
        """None is kept off; for a map that was emptied."""
        for number in range(self._most):
            self._rows[_VALUES * number + _RADIUS] = 0
        self._next = self._next_disc = 0
        self._lost = False

    def add(self, x_mm, y_mm, radius_mm):
        """Keep off a disc; returns its number, or -1 when there is no room for more: it is kept off, but is forgotten
        with the map, and from then on nothing is freed. ValueError for a radius that is no use."""
        return self._put(x_mm, y_mm, 0, 0, radius_mm, 1)

    def add_bar(self, x_mm, y_mm, heading_mrad, half_mm, radius_mm, sine):
        """Keep off a bar across a heading, half_mm to either side and radius_mm before and behind; returns its number,
        or -1 as `add` does."""
        way = self._way
        direct(sine, phase_of(heading_mrad), way, 0)
        # Half of a radius aside a row of discs is still 31/32 of the radius deep.
        grown_mm = radius_mm + (radius_mm >> 4) + 1
        return self._put(
            x_mm, y_mm, -half_mm * way[1] >> 14, half_mm * way[0] >> 14, grown_mm, 2 * half_mm // radius_mm + 2
        )

    def _put(self, x_mm, y_mm, half_x_mm, half_y_mm, radius_mm, count):
        """Keep off a row, by the first number that is not used."""
        rows = self._rows
        number = 0
        while number < self._most and rows[_VALUES * number + _RADIUS]:
            number += 1
        if number == self._most:
            for at in range(count):
                self._keep_off(x_mm, y_mm, half_x_mm, half_y_mm, radius_mm, count, at)
            self._lost = True
            return -1
        # The first of them before it has its number: a radius that is no use is none's.
        self._keep_off(x_mm, y_mm, half_x_mm, half_y_mm, radius_mm, count, 0)
        first = _VALUES * number
        rows[first + _X] = x_mm
        rows[first + _Y] = y_mm
        rows[first + _HALF_X] = half_x_mm
        rows[first + _HALF_Y] = half_y_mm
        rows[first + _COUNT] = count
        rows[first + _RADIUS] = radius_mm
        self._each(number, self._keep_off)
        return number

    def _keep_off(self, x_mm, y_mm, half_x_mm, half_y_mm, radius_mm, count, at):
        """One disc of a row."""
        self._cells.keep_off(x_mm + _along(half_x_mm, at, count), y_mm + _along(half_y_mm, at, count), radius_mm)

    def _free(self, x_mm, y_mm, half_x_mm, half_y_mm, radius_mm, count, at):
        self._cells.free(x_mm + _along(half_x_mm, at, count), y_mm + _along(half_y_mm, at, count), radius_mm)

    def _each(self, number, do):
        """`do` with each disc of a row."""
        rows = self._rows
        first = _VALUES * number
        for at in range(rows[first + _COUNT]):
            self._one(first, at, do)

    def _one(self, first, at, do):
        rows = self._rows
        do(
            rows[first + _X],
            rows[first + _Y],
            rows[first + _HALF_X],
            rows[first + _HALF_Y],
            rows[first + _RADIUS],
            rows[first + _COUNT],
            at,
        )

    def remove(self, number):
        """It was judged harmless: free its row, but for what others keep off; returns whether that was done. What was
        kept off in it by other means than this list (a rectangle, what was given back) is freed, too, and has to be
        kept off again."""
        rows = self._rows
        if not 0 <= number < self._most or not rows[_VALUES * number + _RADIUS] or self._lost:
            return False
        self._each(number, self._free)
        freed = _VALUES * number
        for other in range(0, _VALUES * self._most, _VALUES):
            if other != freed and rows[other + _RADIUS] and self._near(freed, other):
                self._each(other // _VALUES, self._keep_off)
        rows[freed + _RADIUS] = 0
        return True

    def _near(self, a, b):
        """Whether a row may reach into another: their radii, their lengths, and a cell's diagonal on top of both."""
        rows = self._rows
        near = rows[a + _RADIUS] + rows[b + _RADIUS] + 2 * self._cells.cell_mm
        near_x = near + abs(rows[a + _HALF_X]) + abs(rows[b + _HALF_X])
        near_y = near + abs(rows[a + _HALF_Y]) + abs(rows[b + _HALF_Y])
        return abs(rows[a + _X] - rows[b + _X]) <= near_x and abs(rows[a + _Y] - rows[b + _Y]) <= near_y

    def again(self):
        """Keep off all of them, after the map has followed the rover."""
        self._next = self._next_disc = 0
        while True:
            self.again_next()
            if self._next == self._next_disc == 0:
                return

    def again_next(self):
        """Keep off the next disc, round and round: for a tick. What has come into the map anew was not searched, so
        nobody goes there before its turn comes."""
        first = _VALUES * self._next
        rows = self._rows
        if rows[first + _RADIUS]:
            self._one(first, self._next_disc, self._keep_off)
            self._next_disc += 1
            if self._next_disc < rows[first + _COUNT]:
                return
        self._next_disc = 0
        self._next = 0 if self._next + 1 == self._most else self._next + 1


def _along(half_mm, at, count):
    """From a row's middle to its disc `at`."""
    return half_mm * (2 * at - count + 1) // (count - 1) if count > 1 else 0
