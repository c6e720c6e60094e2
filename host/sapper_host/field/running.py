"""What a mission's runner holds and hears: the plan under way, the board's state, the map; and what is in the file."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from sapper_host.board.decoder import Event, Frame
from sapper_host.field.area import area_from
from sapper_host.field.finds import Finds
from sapper_host.field.geometry import geometry_of
from sapper_host.field.heard import Known, gone_mm, on_line
from sapper_host.field.journal import Journal, Note, Step
from sapper_host.field.mission import DONE, RUNNING, STOPPED, Mission
from sapper_host.field.moves import Move, Pose
from sapper_host.field.orders import Order, orders_of
from sapper_host.field.people import People
from sapper_host.field.port import Answer, Gone, Ground, Port
from sapper_host.field.searched import Searched, SearchedError
from sapper_host.field.troubles import CAUSES, Troubles

_TELL_MM = 200
_STEP_MM = 100
# Above the planned sigma.
_LESS_SURE_MM = 5


class Phase(Enum):
    """What a mission is about."""

    CONNECT = "connecting"
    SET_UP = "setting up"
    ARM = "arming"
    MOVE = "driving"
    FIND = "a find"
    STOPPED = "stopped"
    GROUND = "waiting for the map"
    HELD = "held"
    DONE = "done"


class Running:
    """finds: 'hand over', a person gives the verdict, or 'skirt', which leaves it unknown and goes round it."""

    def __init__(self, mission: Mission, people: People, finds: str = "hand over") -> None:
        about = mission.about()
        self.mission, self.people = mission, people
        self.area, self.geometry = area_from(about["area"]), geometry_of(about["geometry"])
        self.frame = about["frame"]
        self.searched = Searched(self.area, self.geometry.cell_mm)
        self.journal = Journal(mission, self.searched)
        self.finds = Finds(mission, people, self.geometry, finds)
        self.known = Known()
        self.phase = Phase.CONNECT
        self.session = 0
        self.board = ""
        self.held_for = ""
        self._troubles = Troubles()
        self._asked: tuple[int, str, float, Callable[[Answer], None], int] | None = None
        self._lines: list[str] = []
        self._given_for = ""  # the move whose ground the board was told
        self._detour: Order | None = None
        self._port: Port | None = None
        self._now_s = self._since_s = self._heard_s = 0.0
        self._pinged_s = self._wrote_s = self._said_s = -9.0
        self._told: tuple[int, int] = (-1, 0)
        self._unsure_since_s: float | None = None
        self._claimed: list[int] = []
        self._rounds_till = 0
        self._was: tuple[int, int] | None = None
        self._load()

    def close(self) -> None:
        """Put on the disk what is known."""
        self._tell_progress()
        at = self.mission.progress()
        if at.state == RUNNING:
            self.mission.tell(at.move, at.done_mm, STOPPED)
        self.journal.write()

    @property
    def order(self) -> Order | None:
        """The move under way, or next."""
        at = self._at - self._first
        return self._orders[at] if at < len(self._orders) else None

    def progress_words(self) -> str:
        """How far it is, for people."""
        return f"move {min(self._at - self._first + 1, len(self._orders))} of {len(self._orders)}"

    # What is heard.

    def _take(self, item: Any) -> None:
        match item:
            case Answer(number=number) if self._asked is not None and number == self._asked[0]:
                then, self._asked = self._asked[3], None
                self.known.fresh = False
                self._said_s = self._now_s
                then(item)
            case Frame(name="STATUS", fields=fields):
                self._status(fields)
            case Ground(data=data):
                try:
                    self.searched.take(data)
                except SearchedError:
                    return  # damaged: it comes round again
            case Event():
                self._event(item)
            case Gone(back=back):
                if not back:
                    self._note("no telemetry", "the link was lost")
                self._asked, self.board = None, ""
                if self.phase not in (Phase.DONE, Phase.HELD):
                    self._to(Phase.CONNECT)

    def _status(self, fields: Any) -> None:
        known, boot = self.known, fields.get("boot")
        known.status(fields)
        self._heard_s = self._now_s
        if boot is not None and known.boot is not None and boot != known.boot and self.session:
            self.people.tell("the board has started anew: it has forgotten where it stands and what it searched")
            self._note("place unknown", "the board started anew")
            self.session, self.board, self._asked = 0, "", None
            self._to(Phase.CONNECT)
        known.boot = boot if boot is not None else known.boot
        if self.session and (place := known.place) is not None:
            x, y, heading = place
            if self._was is None or max(abs(x - self._was[0]), abs(y - self._was[1])) >= _STEP_MM:
                self._was = x, y
                searching = known.state == "SWEEP"
                self.journal.step(Step(self.session, x, y, heading, known.sigma_mm or 0, searching))

    def _event(self, event: Event) -> None:
        args = event.args
        if event.kind == "state":
            self.known.state, self.known.reason = str(args["to"]), str(args.get("reason", ""))
        elif event.kind in ("spot", "contact"):
            self.finds.heard(event, self.known, self.board)
        elif event.kind in CAUSES and self.session and (note := CAUSES[event.kind](args)):
            self._note(*note)

    def _note(self, kind: str, text: str) -> None:
        if self.session:
            x, y = self.known.place[:2] if self.known.place else (None, None)
            self.journal.note(Note(self.session, kind, x, y, text))

    def _say(self, line: str, then: Callable[[Answer], None]) -> None:
        assert self._port is not None
        self._asked = (self._port.say(line), line, self._now_s, then, 0)

    def _to(self, phase: Phase) -> None:
        if phase is Phase.STOPPED and self.phase is not phase and self.known.reason == "ground":
            self._troubles.ground(self.order.name if self.order else "", unsure=not self._known_well())
        self.phase, self._since_s = phase, self._now_s
        self.known.fresh = False

    def _known_well(self) -> bool:
        """Whether the place is known well enough to drive on."""
        sigma = self.known.sigma_mm
        return sigma is not None and sigma <= self.geometry.sigma_mm + _LESS_SURE_MM

    def _end_of_plan(self) -> Pose:
        return self._orders[-1].end if self._orders else Pose(self.geometry.base_x_mm, 0)

    def _load(self) -> None:
        """The plan that is driven, and how far it is, from the file."""
        self._first, start = self.mission.plan_now()
        moves = [Move(*row) for row in self.mission.moves()[self._first :]]
        self._orders = orders_of(start, moves)
        at = self.mission.progress()
        self._at = at.move
        if at.state == DONE:
            self.phase = Phase.DONE

    def _tell_progress(self) -> None:
        order, place = self.order, self.known.place
        if order is None or place is None or not self.session or not on_line(order, place):
            return
        done = gone_mm(order, place)
        if self._told[0] != self._at or done - self._told[1] >= _TELL_MM:
            self._told = self._at, done
            self.mission.tell(self._at, done, RUNNING)
