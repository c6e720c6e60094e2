"""The choice of combs (combs.py): from which lane each is made, so that there is room and searched ground for all of
it, and what is driven for it is little."""

from __future__ import annotations

import math
from dataclasses import replace

from sapper_host.field.comb_ground import Band, Grounds, Stand
from sapper_host.field.combs import AGAIN, BETWEEN, Comb, Combs, visit_y_mm
from sapper_host.field.geometry import Geometry
from sapper_host.field.lanes import Lanes, Piece, Span

# From so many lanes away a comb still begins; where nothing nearer does, from more.
_LANES_AWAY, _LANES_FAR = 5, 9
# From so many combs on, ground is searched along its lane.
_ENTERED_FROM = 5
# A place that cannot be combed is tried so far to either side.
_ASIDE_MM = 400
_GROUP_MOST = 3
_GAIN_LEAST_MM = 60
_DRIVEN_PER_LANE_MM = 1500
# With more pieces than this, one way to choose is enough.
_MANY_PIECES = 100
# Ways to choose: pieces from the left or from the right, and hosts at what is nearest, left or right first.
_WAYS = ((1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1))


def combs_of(lanes: Lanes, geometry: Geometry, roots: dict[int, Piece]) -> Combs:
    """For all pieces that do not begin at the base line. roots: those that do, by lane."""
    best, least = Combs(), math.inf
    for side, hosts in _WAYS if len(lanes.pieces) < _MANY_PIECES else _WAYS[:1]:
        made = _Chooser(lanes, geometry, roots, side, hosts).run()
        again = sum(max(comb.x_mm for comb in combs) for visit, combs in made.by_host.items() if visit > AGAIN)
        cost = sum(_size(lanes.pieces[number]) for number in made.reasons) * 100 + again
        if cost < least:
            best, least = made, cost
        if not cost:
            break
    return best


def _size(piece: Piece) -> int:
    return piece.to_mm - piece.from_mm


class _Chooser:
    def __init__(self, lanes: Lanes, geometry: Geometry, roots: dict[int, Piece], side: int, hosts: int) -> None:
        self._side, self._first, self._patient = side, hosts, False
        self._lanes, self._g, self._roots = lanes, geometry, roots
        self._made = Combs()
        self._ground = Grounds(lanes, geometry)
        self._entered: set[int] = set()
        self._by_lane: dict[int, list[Piece]] = {}
        settle, marked = geometry.settle_mm, geometry.marked_mm
        for lane, root in roots.items():
            high, most = min(root.to_mm + settle, root.room[1]) - settle, root.room[1] - settle
            band = Band(-(10**6), high, most, root.y_mm - marked, root.y_mm + marked, lane, root.number, 0)
            self._ground.add(root.y_mm, band)

    def run(self) -> Combs:
        roots = {root.number for root in self._roots.values()}
        pieces = [piece for piece in self._lanes.pieces if piece.number not in roots]
        for piece in pieces:
            if not piece.skirts:
                self._by_lane.setdefault(piece.lane, []).append(piece)
        left = sorted(pieces, key=lambda piece: (piece.skirts, self._side * piece.number))
        todo = {piece.number: self._places(piece) for piece in left}
        for self._patient in (False, True):
            progress = True
            while progress:
                progress = any([self._piece(piece, todo) for piece in left if todo[piece.number]])
        for piece in left:
            if not self._places(piece):
                self._made.reasons[piece.number] = "the coil does not fit beside what is in the way"
            elif todo[piece.number] and piece.number not in self._entered:
                self._made.reasons[piece.number] = self._why(piece)
        return self._made

    def _piece(self, piece: Piece, todo: dict[int, list[int]]) -> bool:
        """What can be done of it now; whether anything was."""
        places = todo[piece.number]
        if piece.number in self._entered or (len(places) >= _ENTERED_FROM and self._enter(piece)):
            places.clear()
            return True
        if len(places) >= _ENTERED_FROM and not self._patient:
            return False
        left = [x_mm for x_mm in places if not self._near(piece, x_mm)]
        todo[piece.number] = left
        return len(left) < len(places)

    def _places(self, piece: Piece) -> list[int]:
        g = self._g
        low, high = piece.room[0] + g.half_mm, piece.room[1] - g.half_mm
        if low > high:
            return []
        first, last = piece.from_mm + g.half_mm, piece.to_mm - g.half_mm
        if first > last:
            return [min(max((first + last) // 2, low), high)]
        count = -(-(last - first) // g.pitch_mm)
        return [first + (last - first) * i // max(1, count) for i in range(count + 1)]

    def _near(self, piece: Piece, x_mm: int) -> Comb | None:
        """The comb at this place, or close by."""
        cell = self._g.cell_mm
        for i in range(2 * _ASIDE_MM // cell + 1):
            at = x_mm + (i + 1) // 2 * cell * (1 if i % 2 else -1)
            if piece.room[0] + self._g.half_mm <= at <= piece.room[1] - self._g.half_mm and (
                one := self._best(piece, at, 0)
            ):
                self._take(piece, one)
                return one[0]
        return None

    def _enter(self, piece: Piece) -> bool:
        """Two combs and the way in between them, all from one host: on the way along its lane, and along those beside
        it that are not searched either."""
        g = self._g
        first, last = piece.from_mm + g.half_mm, piece.to_mm - g.half_mm - g.pitch_mm
        for x_mm in range(first, min(last, first + 3 * g.pitch_mm), 2 * g.cell_mm):
            found = [entry for host in self._hosts(piece) if (entry := self._entry(piece, x_mm, host))]
            if found:
                _, _, combs, group = min(found, key=lambda each: each[:2])
                for comb, stand in combs:
                    self._take(piece, (comb, stand), band=False)
                last_comb = combs[-1][0]
                for number, low, high in last_comb.along:
                    one = self._lanes.pieces[number]
                    span = (max(low, one.from_mm) if low < x_mm else x_mm - g.marked_mm, high - g.settle_mm)
                    self._ground.joined(one, span, last_comb.host, last_comb.rank)
                self._entered |= {each.number for each in group}
                return True
        return False

    def _entry(
        self, piece: Piece, x_mm: int, host: int
    ) -> tuple[int, int, list[tuple[Comb, Stand]], list[Piece]] | None:
        """From this host: way for each mm that is searched, the host, the combs, and the pieces."""
        g, out = self._g, 1 if piece.y_mm > self._y_mm(host) else -1
        if self._comb(piece, x_mm, host, 0) is None:
            return None
        group = [piece]
        while len(group) < _GROUP_MOST and (beside := self._beside(group[-1], out, x_mm)):
            group.append(beside)
        while group:
            places = (x_mm + g.pitch_mm, x_mm, x_mm + g.pitch_mm // 2)
            three = [one for x in places if (one := self._comb(piece, x, host, g.cell_mm, group[-1]))]
            lanes = frozenset[int]().union(*(stand.lanes for _, stand in three))
            visit = self._visit(host, lanes - {host})
            if len(three) == len(places) and (visit < AGAIN or self._patient):
                three = [(replace(comb, host=visit), stand) for comb, stand in three]
                along = tuple((each.number, *self._along(each, x_mm)) for each in group)
                comb, stand = three[-1]
                three[-1] = replace(comb, rank=comb.rank + 1, along=along), stand
                way = sum(2 * abs(comb.end_mm - self._y_mm(host)) for comb, _ in three)
                way += 2 * x_mm if visit > AGAIN and visit not in self._made.by_host else 0
                return way // len(group), self._first * host, three, group
            group.pop()
        return None

    def _beside(self, piece: Piece, out: int, x_mm: int) -> Piece | None:
        """The next piece beside it, if that has to be entered, too, and is there at x_mm and a pitch further on."""
        g = self._g
        for other in self._by_lane.get(piece.lane - out, ()):
            if (
                other.number not in self._entered
                and other.room[0] + g.half_mm <= x_mm
                and x_mm + g.pitch_mm + g.half_mm <= other.to_mm
            ):
                return other
        return None

    def _along(self, piece: Piece, x_mm: int) -> Span:
        """Where the coil goes to along the piece, either way, from combs at x_mm and a pitch further on."""
        g = self._g
        low = max(piece.room[0], piece.from_mm - g.settle_mm)
        high = min(piece.room[1], piece.to_mm + g.settle_mm)
        return (low if x_mm - g.half_mm > piece.from_mm + g.settle_mm + g.cell_mm else x_mm, high)

    def _hosts(self, piece: Piece) -> list[int]:
        away = _LANES_FAR if self._patient else _LANES_AWAY
        around = range(piece.lane - away, piece.lane + away + 1)
        near = [lane for lane in around if lane != piece.lane and lane in self._roots]
        near.sort(key=lambda lane: (abs(lane - piece.lane), self._first * lane))
        if self._patient:
            near += [lane + BETWEEN for lane in near if lane + 1 in self._roots]
        return near

    def _best(self, piece: Piece, x_mm: int, more_mm: int) -> tuple[Comb, Stand] | None:
        found = []
        for host in self._hosts(piece):
            if one := self._comb(piece, x_mm, host, more_mm):
                comb, stand = one
                before = self._made.after.get(comb.host, set())
                late = sum(lane > comb.host and lane not in before for lane in stand.lanes)
                way = 2 * abs(comb.end_mm - self._y_mm(host)) + _DRIVEN_PER_LANE_MM * late
                way += 2 * sum(end - self._root_end(number) for number, end in stand.ends.items())
                way += 600 if comb.host not in self._made.by_host else 0
                if comb.host > AGAIN:
                    way += 2 * x_mm if comb.host not in self._made.by_host else 0
                if comb.host < AGAIN or self._patient:
                    found.append((way, self._first * host, one))
        return min(found, key=lambda each: each[:2])[2] if found else None

    def _root_end(self, number: int) -> int:
        piece, settle = self._lanes.pieces[number], self._g.settle_mm
        return self._made.ends.get(number, min(piece.to_mm + settle, piece.room[1]) - settle)

    def _comb(
        self, piece: Piece, x_mm: int, host: int, more_mm: int, last: Piece | None = None
    ) -> tuple[Comb, Stand] | None:
        """The comb from a host, if ground and obstacles let it be. more_mm: further than the piece, or the last one, is
        wide."""
        g, y_host = self._g, self._y_mm(host)
        if not (
            drive := self._ground.stand((g.base_x_mm, x_mm + g.turn_mm), (y_host - g.tracks_mm, y_host + g.tracks_mm))
        ):
            return None
        out = 1 if piece.y_mm > y_host else -1
        near = self._ground.near_edge(piece.y_mm, out)
        if near is None:
            return None
        begin = near - out * g.run_up_mm
        back = min(y_host, begin - g.behind_mm) if out > 0 else max(y_host, begin + g.behind_mm)
        stand = self._ground.stand((x_mm - g.turn_mm, x_mm + g.turn_mm), (y_host - g.turn_mm, y_host + g.turn_mm))
        way = (
            self._ground.stand((x_mm - g.tracks_mm, x_mm + g.tracks_mm), tuple(sorted((back, near)))) if stand else None
        )
        if stand is None or way is None or not self._ground.turns(x_mm, y_host, out):
            return None
        wanted = (last or piece).y_mm + out * (g.half_mm + (0 if piece.skirts else g.settle_mm + more_mm))
        coil = self._ground.free(x_mm, y_host + out * g.coil_ahead_mm, wanted)
        if coil is None or out * (coil - out * g.settle_mm - near) < _GAIN_LEAST_MM or (more_mm and coil != wanted):
            return None
        lanes = stand.lanes | way.lanes | drive.lanes
        both = Stand(lanes, max(stand.rank, way.rank, drive.rank), drive.ends | stand.ends | way.ends)
        visit = self._visit(host, both.lanes - {host})
        return Comb(x_mm, visit, out, begin, coil - out * g.coil_ahead_mm, piece.number, both.rank + 1), both

    def _take(self, piece: Piece, one: tuple[Comb, Stand], band: bool = True) -> None:
        comb, stand = one
        self._made.by_host.setdefault(comb.host, []).append(comb)
        self._made.after.setdefault(comb.host, set()).update(stand.lanes - {comb.host})
        for number, end in stand.ends.items():
            self._made.ends[number] = max(end, self._made.ends.get(number, end))
        marked = self._g.marked_mm
        reaches = comb.end_mm + comb.out * (self._g.coil_ahead_mm - self._g.settle_mm)
        # One that had to end before the piece's far edge leaves ground there that nothing may stand on.
        if band and not piece.skirts and comb.out * (reaches - piece.y_mm) >= marked:
            self._ground.joined(piece, (comb.x_mm - marked, comb.x_mm + marked), comb.host, comb.rank)

    def _visit(self, lane: int, needs: frozenset[int]) -> int:
        """The visit of a lane that may come after others. (One between lanes comes after both.)"""
        if lane > AGAIN:
            return lane
        return lane if lane not in needs and not self._circular(lane, needs) else lane + AGAIN

    def _y_mm(self, visit: int) -> int:
        return visit_y_mm(self._lanes, self._g, visit)

    def _circular(self, visit: int, needs: frozenset[int]) -> bool:
        """Whether one of them needs this one before."""
        seen, look = set(), list(needs)
        while look:
            one = look.pop()
            if one == visit:
                return True
            if one not in seen:
                seen.add(one)
                look += self._made.after.get(one, ())
        return False

    def _why(self, piece: Piece) -> str:
        g = self._g
        near = [r for r in self._roots.values() if abs(r.lane - piece.lane) <= 2 and r.to_mm > piece.from_mm]
        if not near:
            return "no lane that is searched lies beside it"
        return (
            f"no room beside it to turn on searched ground, {2 * g.turn_mm} mm, or for the lead-in, {g.lead_in_mm} mm"
        )
