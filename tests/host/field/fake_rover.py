"""A rover and its board that are not there, as awkward as real ones: lines and answers get lost or come late, the link
goes, the power goes, finds stop a lane, and the ground check refuses. It moves in its own time.

It keeps two maps: what the board knows, which a power cut takes, and what was truly searched, which nothing takes; each
step it looks whether a track stands on ground that was not truly searched (`trespasses`).
"""

from __future__ import annotations

import math
import random
import struct
import zlib
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from sapper.ground import runs
from sapper.shared.events import REASON_NAMES, STATES
from sapper_host.board.decoder import Event, Frame
from sapper_host.field.geometry import Geometry
from sapper_host.field.port import Answer, Gone, Ground, Heard

STEP_S = 0.1
CELL = 50
COLUMNS, ROWS, LEFT, LOW = 512, 256, -80, -200
MOVES = ("none", "drive", "sweep", "lane", "back", "ahead", "turn", "shift")
SPEED_MM_S, TURN_MRAD_S = 300.0, 500.0


@dataclass
class Trouble:
    """Shares of what is lost, 0..1; how late answers come at most."""

    lines: float = 0.0
    frames: float = 0.0
    late_s: float = 0.0


@dataclass
class FakeRover:
    """targets: x, y in mm, and whether each is a mine (else clutter)."""

    geometry: Geometry
    seed: int = 0
    targets: list[tuple[int, int, bool]] = field(default_factory=list)
    trouble: Trouble = field(default_factory=Trouble)
    board: str = "e661000000000001"
    sigma_mm: int = 0
    # Cells (of the arrays below) that the detector does not see until some time: i0, i1, j0, j1, seconds.
    blind: tuple[int, int, int, int, float] = (0, 0, 0, 0, 0.0)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.x, self.y, self.heading = -1000.0, -350.0, 0.0
        self.now_s = 0.0
        self.boot = 1
        self.truth = np.zeros((COLUMNS, ROWS), dtype=bool)
        self.trespasses = 0
        self.driven_mm = 0.0
        self.searching_mm = 0.0
        self.base_truth: tuple[int, int] | None = None
        self.linked = True
        self.said: list[str] = []
        self._number = 0
        self._out: deque[tuple[float, Heard]] = deque()
        self._start()

    def _start(self) -> None:
        """Power on: nothing is known."""
        self.state, self.reason = "SAFE", "reset"
        self.placed = False
        self.base: tuple[int, int] | None = None
        self.marks = np.zeros((COLUMNS, ROWS), dtype=bool)
        self.kept = np.zeros((COLUMNS, ROWS), dtype=bool)
        self.telemetry = False
        self.move, self.goal = "none", (0.0, 0.0)
        self.events = 0
        self.log: list[Event] = []
        self.begun: tuple[float, float, float] | None = None
        self._code = ""
        self._at = 0
        self._spots: list[tuple[int, int]] = []
        self._known_s = self.now_s
        self._status_s = self._ground_s = 0.0
        self._passed: set[int] = set()

    # What breaks.

    def power_cut(self) -> None:
        """Off and on."""
        self.boot += 1
        self._out.clear()
        self._start()

    def link_down(self) -> None:
        self.linked = False
        self._out.clear()
        self._out.append((self.now_s, Gone("the link was closed")))

    def link_up(self) -> None:
        self.linked = True
        self._out.append((self.now_s, Gone("", back=True)))

    def stand(self, x: float, y: float, heading: float = 0.0) -> None:
        """People carried it there."""
        self.x, self.y, self.heading = x, y, heading
        self.begun = None

    # A port.

    def say(self, line: str) -> int:
        self._number += 1
        number = self._number
        if not self.linked or self.chance.random() < self.trouble.lines:
            return number
        self.said.append(line)
        self._known_s = self.now_s
        ok, text = self._answer(line)
        if self.chance.random() >= self.trouble.lines:
            late = self.chance.uniform(0, self.trouble.late_s)
            lines = tuple(event.line() for event in self.log[-12:]) if line.startswith("log") else ()
            self._out.append((self.now_s + late, Answer(number, ok, text, lines)))
        return number

    def hear(self) -> list[Heard]:
        due = [item for at, item in self._out if at <= self.now_s]
        self._out = deque((at, item) for at, item in self._out if at > self.now_s)
        return due

    # Its time.

    def advance(self, seconds: float = STEP_S) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            if self.state in ("ARMED", "TELEOP", "SWEEP") and self.move != "none" and self.now_s - self._known_s > 1.5:
                self._stop("link_lost")
            if self.move != "none":
                self._go()
            self._look()
            self._tell()

    def _stop(self, reason: str) -> None:
        self.move = "none"
        self._state("STOPPED", reason)

    def _state(self, to: str, reason: str) -> None:
        before, self.state, self.reason = self.state, to, reason
        self._event("state", {"to": to, "from": before, "reason": reason})

    def _event(self, kind: str, args: dict[str, int | str]) -> None:
        self.events += 1
        self.log.append(Event(self.events, int(self.now_s * 1000), kind, 0, args))
        self._send(self.log[-1])

    def _send(self, item: Heard) -> None:
        if self.linked and self.telemetry and self.chance.random() >= self.trouble.frames:
            self._out.append((self.now_s, item))

    def _tell(self) -> None:
        if self.now_s - self._status_s >= 0.2 - 1e-6:
            self._status_s = self.now_s
            x, y, heading = round(self.x), round(self.y), round(self.heading * 1000)
            heading = (heading + 3142) % 6283 - 3142
            aid = (1 if self.placed else 0) | (64 if self.base else 0)
            self._send(Frame("STATUS", 0, {
                "t_ms": int(self.now_s * 1000), "state": STATES.index(self.state), "boot": self.boot,
                "reason": REASON_NAMES.index(self.reason) if self.reason in REASON_NAMES else 0, "field_x_mm": x,
                "field_y_mm": y, "field_heading_mrad": heading, "sigma_mm": 12 if self.placed else 65535, "aid": aid,
                "move": MOVES.index(self.move)}))  # fmt: skip
            if self.reason == "ground" and self.state == "STOPPED" and self.chance.random() < 0.1:
                self._event("state", {"to": "STOPPED", "from": "TELEOP", "reason": "ground"})
        if self.base and self.now_s - self._ground_s >= 0.5 - 1e-6:
            self._ground_s = self.now_s
            self._send(Ground(self._frame()))

    def _frame(self) -> bytes:
        """The next rows of the map."""
        out, cells, first = bytearray(), 0, self._at
        while self._at < ROWS and cells + COLUMNS <= runs.CELLS_MOST and len(out) < 150:
            state = self.marks[:, self._at] + 2 * self.kept[:, self._at].astype(int)
            edges = [0, *(np.flatnonzero(np.diff(state)) + 1).tolist(), COLUMNS]
            for a, b in zip(edges, edges[1:], strict=False):
                length = b - a - 1
                out.append(int(state[a]) << 6 | (32 if length > 31 else 0) | length & 31)
                if length > 31:
                    out.append(length >> 5)
            cells += COLUMNS
            self._at += 1
        self._at %= ROWS
        head = struct.pack(runs.HEAD, 1, CELL, COLUMNS, LEFT, first + LOW, LEFT, self.sigma_mm, len(out))
        return head + out + zlib.crc32(head + out).to_bytes(4, "little")

    # What it does.

    def _axis(self) -> tuple[float, float]:
        return math.cos(self.heading), math.sin(self.heading)

    def _go(self) -> None:
        if self.move == "shift":
            target = round(self.goal[1])
            if abs(self.y - target) < 5:
                if self._turn_to(0.0):
                    self._done()
            elif self._turn_to(math.pi / 2 if target > self.y else -math.pi / 2):
                step = max(-SPEED_MM_S * STEP_S, min(SPEED_MM_S * STEP_S, target - self.y))
                self._step_to(self.x, self.y + step, self.heading)
            return
        if self.move == "turn":
            if self._turn_to(self.goal[0]):
                self._done()
            return
        ax, ay = self._axis()
        left = (self.goal[0] - self.x) * ax + (self.goal[1] - self.y) * ay
        sign = -1 if self.move == "back" else 1
        step = sign * min(SPEED_MM_S * STEP_S, max(0.0, sign * left))
        if abs(step) < 1:
            self._done()
        elif self._step_to(self.x + step * ax, self.y + step * ay, self.heading) and self.move == "lane":
            self.searching_mm += abs(step)
            self._search()

    def _turn_to(self, heading: float) -> bool:
        left = (heading - self.heading + math.pi) % (2 * math.pi) - math.pi
        step = max(-TURN_MRAD_S * STEP_S / 1000, min(TURN_MRAD_S * STEP_S / 1000, left))
        if abs(left) > 1e-6:
            self._step_to(self.x, self.y, self.heading + step)
            self.begun = None
        return abs(left) < 0.002

    def _step_to(self, x: float, y: float, heading: float) -> bool:
        """Whether the board lets it."""
        was = self.x, self.y, self.heading
        self.x, self.y, self.heading = x, y, heading
        cells = self._track_cells(self.geometry.ground_margin_mm)
        if bad := self._bad(cells, self.marks, self.base):
            self.x, self.y, self.heading = was
            self._event("ground", {"ground": "not_searched", "x_mm": bad[0], "y_mm": bad[1]})
            self._stop("ground")
            return False
        self.driven_mm += math.hypot(x - was[0], y - was[1])
        return True

    def _track_cells(self, margin: float) -> np.ndarray:
        g = self.geometry
        along = np.linspace(-g.track_length_mm / 2 - margin, g.track_length_mm / 2 + margin, 9)
        half = g.track_breadth_mm / 2 + margin
        across = np.concatenate([side * g.track_width_mm / 2 + np.linspace(-half, half, 4) for side in (-1, 1)])
        a, b = (v.ravel() for v in np.meshgrid(along, across))
        ax, ay = self._axis()
        return np.stack([self.x + a * ax - b * ay, self.y + a * ay + b * ax], axis=1)

    def _bad(self, points: np.ndarray, known: np.ndarray, base: tuple[int, int] | None) -> tuple[int, int] | None:
        if base is None:
            return None
        i, j = (np.floor(points[:, k] / CELL).astype(int) - low for k, low in ((0, LEFT), (1, LOW)))
        safe = (points[:, 0] < 0) & (points[:, 1] > base[0]) & (points[:, 1] < base[1])
        wrong = ~(known[i, j] | safe) | self.kept[i, j] & (known is self.marks)
        return (int(points[wrong][0][0]), int(points[wrong][0][1])) if wrong.any() else None

    def _look(self) -> None:
        """The truth: do the tracks stand where nothing was searched?"""
        if self.base_truth and self._bad(self._track_cells(0), self.truth, self.base_truth):
            self.trespasses += 1

    def _search(self) -> None:
        g = self.geometry
        ax, ay = self._axis()
        if self.begun is None:
            self.begun = self.x, self.y, self.heading
        done = (self.x - self.begun[0]) * ax + (self.y - self.begun[1]) * ay
        first, last = g.lead_in_mm, done - g.settle_mm
        if last <= first:
            return
        bx, by = self.begun[0] + g.coil_ahead_mm * ax, self.begun[1] + g.coil_ahead_mm * ay
        half = g.swath_mm / 2 - g.edge_mm - 3
        low = max(first, last - 200)
        xs = sorted((bx + low * ax - abs(half * ay), bx + last * ax + abs(half * ay))) if abs(ax) < 0.5 else sorted(
            (bx + low * ax, bx + last * ax))  # fmt: skip
        ys = sorted((by + low * ay, by + last * ay)) if abs(ay) > 0.5 else [by - half, by + half]
        if abs(ax) < 0.5:
            xs = [bx - half, bx + half]
        i0, i1 = math.ceil(xs[0] / CELL - 1e-6) - LEFT, math.floor(xs[1] / CELL + 1e-6) - LEFT
        j0, j1 = math.ceil(ys[0] / CELL - 1e-6) - LOW, math.floor(ys[1] / CELL + 1e-6) - LOW
        self.marks[max(0, i0) : max(0, i1), j0:j1] = True
        self.truth[max(0, i0) : max(0, i1), j0:j1] = True
        a, b, c, d, until_s = self.blind
        if self.now_s < until_s:
            self.marks[a:b, c:d] = self.truth[a:b, c:d] = False
        cx, cy = self.x + g.coil_ahead_mm * ax, self.y + g.coil_ahead_mm * ay
        for number, (tx, ty, _) in enumerate(self.targets):
            along, across = (cx - tx) * ax + (cy - ty) * ay, -(cx - tx) * ay + (cy - ty) * ax
            if number not in self._passed and 0 <= along <= 60 and abs(across) <= 400:
                self._passed.add(number)
                self._found(tx, ty)
                return

    def _found(self, x: int, y: int) -> None:
        self.move = "none"
        self._spots.append((x, y))
        self._disc(x, y, 200)
        self._state("CONTACT", "alert")
        off = self.chance.randint
        spot: dict[str, int | str] = {"x_mm": x + off(-15, 15), "y_mm": y + off(-15, 15), "sigma_mm": 20, "peak_mm": 0,
                                      "disc": len(self._spots) - 1}  # fmt: skip
        self._event("contact", {"peak_mm": 0, "extent_mm": 100, "strength": 500, "snr_x10": 90, "class": "mixed"})
        self._event("spot", spot)

    def _disc(self, x: int, y: int, radius: int, on: bool = True) -> None:
        i, j = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS), indexing="ij")
        inside = np.hypot((i + LEFT + 0.5) * CELL - x, (j + LOW + 0.5) * CELL - y) <= radius + 36
        self.kept[inside] = on

    def _done(self) -> None:
        self.move = "none"
        self._state("ARMED", "done")

    # What it answers.

    def _answer(self, line: str) -> tuple[bool, str]:
        word, *words = line.split()
        if self.state not in {"arm": "SAFE", "place": "SAFE ARMED", "base": "SAFE ARMED", "searched": "SAFE ARMED",
                              "avoid": "SAFE ARMED", "lane": "ARMED", "back": "ARMED", "ahead": "ARMED",
                              "turn": "ARMED",
                              "shift": "ARMED TELEOP", "verdict": "CONTACT"}.get(word, self.state).split():  # fmt: skip
            return False, f"state: not allowed in {self.state}"
        return getattr(self, f"_{word}", self._other)(*words)

    def _other(self, *_: str) -> tuple[bool, str]:
        return True, ""

    def _version(self) -> tuple[bool, str]:
        return True, f"sapper=0.1.0 board={self.board}"

    def _telemetry(self, on: str) -> tuple[bool, str]:
        self.telemetry = on == "on"
        return True, ""

    def _arm(self, code: str = "") -> tuple[bool, str]:
        if not code:
            self._code = f"{self.chance.randrange(10000):04d}"
            return True, f"code={self._code} type arm {self._code} within 5000 ms"
        if code != self._code:
            return False, "code: wrong"
        self._state("ARMED", "operator")
        return True, "state=ARMED"

    def _disarm(self) -> tuple[bool, str]:
        self.move = "none"
        self._state("SAFE", "operator")
        return True, "state=SAFE"

    def _place(self, *words: str) -> tuple[bool, str]:
        x, y, heading, _, _ = map(int, words)
        assert math.hypot(x - self.x, y - self.y) < 60, "people told a place where it does not stand"
        self.placed = True
        return True, ""

    def _base(self, right: str, left: str) -> tuple[bool, str]:
        self.base = self.base_truth = int(right), int(left)
        self.marks[:], self.kept[:] = False, False
        return True, ""

    def _searched(self, *words: str) -> tuple[bool, str]:
        x0, y0, x1, y1, _ = map(int, words)
        i0, i1, j0, j1 = (x0 // CELL - LEFT, x1 // CELL - LEFT, y0 // CELL - LOW, y1 // CELL - LOW)
        line = -LEFT  # before it ground is safe
        assert self.truth[max(i0, line) : i1, j0:j1].all(), "ground was given as searched that never was"
        assert x0 >= -100, "ground far before the base line was given as searched"
        self.marks[i0:i1, j0:j1] = True
        return True, ""

    def _avoid(self, x: str, y: str, radius: str) -> tuple[bool, str]:
        self._disc(int(x), int(y), int(radius))
        return True, "avoid=0"

    def _verdict(self, word: str) -> tuple[bool, str]:
        if word == "clutter" and self._spots:
            self._disc(*self._spots[-1], 200, False)
        self._state("ARMED", "operator")
        return True, "state=ARMED"

    def _begin(self, move: str, goal: tuple[float, float], state: str) -> tuple[bool, str]:
        if not self.placed:
            return False, "line: place unknown"
        if move in ("lane", "back", "ahead"):
            ax, ay = self._axis()
            if abs(-(goal[0] - self.x) * ay + (goal[1] - self.y) * ax) > 100:
                return False, "line: it is not on the rover's line"
            if move != "lane":
                self.begun = None
        self.move, self.goal = move, goal
        self._state(state, "operator")
        return True, ""

    def _lane(self, x: str, y: str) -> tuple[bool, str]:
        return self._begin("lane", (float(x), float(y)), "SWEEP")

    def _back(self, x: str, y: str) -> tuple[bool, str]:
        return self._begin("back", (float(x), float(y)), "TELEOP")

    def _ahead(self, x: str, y: str) -> tuple[bool, str]:
        return self._begin("ahead", (float(x), float(y)), "TELEOP")

    def _turn(self, heading: str) -> tuple[bool, str]:
        return self._begin("turn", (int(heading) / 1000, 0.0), "TELEOP")

    def _shift(self, y: str) -> tuple[bool, str]:
        return self._begin("shift", (0.0, float(y)), "TELEOP")
