"""A mission, driven: a state machine that never waits. `step` takes what the board told, and says one line at most.

All that has to outlive a program, a laptop or a board is in the mission's file before the next thing is done. A move is
done when the rover stands at its end, whoever drove it there; so nothing is driven twice, and a line that was lost is
said again. What is searched is what the board tells (searched.py), never what was driven.
"""

from __future__ import annotations

from collections.abc import Callable

from sapper_host.field.heard import HELD_STATES, gone_mm, on_line, reached
from sapper_host.field.journal import session_of, set_up
from sapper_host.field.mission import DONE
from sapper_host.field.moves import Move, Pose
from sapper_host.field.orders import Order, orders_of, part_of
from sapper_host.field.port import Answer, Port
from sapper_host.field.rest import rest, way_home
from sapper_host.field.running import Phase, Running
from sapper_host.field.setting_up import along, place_line, setting_up
from sapper_host.field.troubles import remedy_of
from sapper_host.field.way_out import beside, onto_base_line, step_back, way_out

_ANSWER_S = 2.0
_PING_S = 0.5
_WRITE_S = 1.0
_SETTLE_S = 0.4
_SILENT_S = 3.0
# GROUND goes round and round: so long a whole round is waited for before what is left is planned.
_ROUND_S = 25.0
_ROUNDS = 2
_REST_LEAST_MM = 700
# So many plans one after the other that together brought so few cells end a mission.
_FRUITLESS_PLANS = 6
_FRUITLESS_CELLS = 20
# Lanes of so much that are left then are no end.
_MUCH_MM = 10_000
# So long a rover that is not sure of its place stands before people are asked.
_WAIT_FOR_PLACE_S = 150.0


class Runner(Running):
    """Steps a mission. finds: 'hand over', a person gives the verdict, or 'skirt', which leaves it unknown and goes
    round it."""

    def step(self, port: Port) -> Phase:
        """Do what can be done now."""
        now = self._now_s = port.now_s
        for item in port.hear():
            self._take(item)
        if now - self._wrote_s >= _WRITE_S:
            self._wrote_s = now
            self._tell_progress()
            self.journal.write()
        if self.phase in (Phase.DONE, Phase.HELD):
            return self.phase
        if self.known.state in HELD_STATES and now - self._pinged_s >= _PING_S:
            self._pinged_s = now
            port.say("ping")
        if now - self._heard_s > _SILENT_S and self.phase is not Phase.CONNECT:
            # It may have started anew: then it tells nothing until it is asked.
            self._asked, self.board = None, ""
            self._to(Phase.CONNECT)
        if self._asked is not None:
            number, line, at, then, tries = self._asked
            if now - at > _ANSWER_S:
                self._asked = (port.say(line), line, now, then, tries + 1)
                if tries >= 3:
                    self._asked = None
                    self._to(Phase.CONNECT)
            return self.phase
        self._port = port
        _PHASES[self.phase](self)
        return self.phase

    def _connect(self) -> None:
        def version(answer: Answer) -> None:
            self.board = answer.values.get("board", "")
            if answer.ok:
                self._say_next("telemetry on")

        if self.board and self.known.fresh and self.known.boot is not None:
            self._owner()
        elif self._now_s - self._said_s > _SETTLE_S:
            self._say("version", version)

    def _say_next(self, line: str) -> None:
        self._say(line, lambda _: None)

    def _owner(self) -> None:
        owner = self.mission.about()["board"]
        if owner not in ("", self.board):
            why = f"the mission is driven by the board {owner}, and this one is {self.board}"
            if not self.people.consent("take over", why):
                return
        if owner != self.board:
            self.mission.take_over(self.board)
        assert self.known.boot is not None
        self.session, ready = session_of(self.mission, self.board, self.known.boot)
        if ready and self.known.placed and self.known.checks_ground:
            self._to(Phase.ARM)
            return
        placed = self.people.place("the board does not know where it stands in this field")
        if placed is None:
            return
        self._lines = setting_up(self.area, self.geometry, self.frame, placed, self.searched, self.mission.contacts())
        self._to(Phase.SET_UP)

    def _set_up(self) -> None:
        if self.known.state in ("STOPPED", "FAULT"):
            return self._stopped()
        if not self._lines:
            set_up(self.mission, self.session)
            return self._to(Phase.ARM)
        line = self._lines[0]

        def then(answer: Answer) -> None:
            if answer.ok:
                self._lines.pop(0)
            else:
                self._hold(f"the board does not take '{line}': {answer.text}")

        self._say(line, then)
        return None

    def _arm(self) -> None:
        def offered(answer: Answer) -> None:
            if answer.ok and "code" in answer.values:
                self._say_next(f"arm {answer.values['code']}")
            elif not answer.ok:
                self.people.tell(f"the board does not arm: {answer.text}")

        match self.known.state:
            case "STOPPED" | "FAULT":
                self._to(Phase.STOPPED)
            case "CONTACT":
                self._to(Phase.FIND)
            case "SAFE":
                if not self.known.fresh:
                    return
                if not (self.known.placed and self.known.checks_ground):
                    self._to(Phase.CONNECT)
                elif self.people.consent("arm", "the rover is going to move"):
                    self._say("arm", offered)
            case _ if self.known.fresh:
                self._to(Phase.MOVE)

    def _stopped(self) -> None:
        """Latched: told, with its remedy; people agree before it is cleared."""
        if self.known.state not in ("STOPPED", "FAULT"):
            return self._to(Phase.ARM)
        why = self.known.reason
        if self.people.consent("disarm", f"the rover has stopped: {why}; {remedy_of(why)}"):
            self._note(f"stopped: {why}", remedy_of(why))
            self._say_next("disarm")
        return None

    def _find(self) -> None:
        """In CONTACT: the find is in the file, then the verdict on the board, then in the file."""
        if self.known.state in ("STOPPED", "FAULT"):
            return self._to(Phase.STOPPED)
        if self.known.state != "CONTACT":
            return self._to(Phase.MOVE if self.known.state == "ARMED" else Phase.ARM) if self.known.fresh else None
        if ask := self.finds.to_ask(self.known, self._now_s):
            self._say(ask, lambda answer: self.finds.logged(answer.lines, self.known, self.board))
            return None
        word = self.finds.verdict(self.known, self.board, self._now_s)
        if word is not None:
            self._say(f"verdict {word}", lambda answer: self.finds.judged(word, answer.ok, answer.text))
        return None

    def _move(self) -> None:
        known = self.known
        if known.state in ("STOPPED", "FAULT"):
            return self._to(Phase.STOPPED)
        if known.state == "CONTACT":
            return self._to(Phase.FIND)
        if known.state == "SAFE" or not known.placed:
            return self._to(Phase.CONNECT if not known.placed else Phase.ARM) if known.fresh else None
        if not known.fresh or known.moving or known.state != "ARMED":
            return None
        if self._now_s - self._said_s < _SETTLE_S or known.place is None:
            return None
        self._next(known.place)
        return None

    def _next(self, place: tuple[int, int, int]) -> None:
        """Standing: what comes next."""
        order = self.order
        self.finds.left_open()
        if order is None:
            return self._to_ground("the plan is driven")
        if not on_line(order, place):
            if onto_base_line(place, self.geometry, self.area) is None:
                return self._hold("the rover does not stand on its way: bring it before the base line, and place it")
            return self._to_ground("the rover was placed anew")
        if self.mission.spots_since_plan():
            return self._to_ground("a find")
        if self._detour is not None:
            order = self._detour
        if reached(order, place):
            return self._reached(order)
        if not self._sure():
            return None
        aside = beside(order, place, self.geometry)
        if aside is not None and self._detour is None and self._troubles.may_shift(order.name):
            order = self._detour = aside
        order = part_of(order, place, careful=self._troubles.met_ground(order.name))
        line, name = order.line, order.name
        if self._troubles.many(name):
            if self._troubles.stuck():
                return self._hold(f"the board does not take '{line}': look at it; `sapper console`, `release` waives")
            return self._to_ground("the board does not take the next move")
        if order.move.kind == "lane" and self._troubles.backs_up(name):
            self._detour = step_back(order, self.geometry, self.searched)
            return None
        lifted, self.finds.lifted = self.finds.lifted, False
        if lifted and order.move.kind == "lane":
            self._detour = step_back(order, self.geometry, self.searched)
            return None

        if self._given_for != line:
            self._given_for = line
            self._lines = along(order, self.geometry, self.searched)
        if self._lines:
            return self._say_next(self._lines.pop(0))

        def then(answer: Answer) -> None:
            self._given_for = ""
            if not answer.ok:
                self._troubles.refused(name, answer.text)
                self._note("stopped: ground" if answer.text.startswith("ground") else "refused", answer.text)
                self.people.tell(f"the board does not take '{line}': {answer.text}")
            else:
                self._troubles.said(name, gone_mm(order, place))

        self._say(line, then)
        return None

    def _sure(self) -> bool:
        """Whether the place is known well enough to go on. A rover that stands gets no less sure, and a receiver that
        has lost its fix mostly finds it again; when it does not, people place the rover."""
        sigma = self.known.sigma_mm
        if self._known_well():
            self._unsure_since_s = None
            return True
        if self._unsure_since_s is None:
            self._unsure_since_s = self._now_s
            self._note("place unknown", f"one sigma is {sigma} mm")
            self.people.tell(f"the place is not known well enough ({sigma} mm): the rover stands and waits for GNSS")
        if self._now_s - self._unsure_since_s > _WAIT_FOR_PLACE_S:
            placed = self.people.place("GNSS does not come back: place the rover by the posts, or measure it in")
            if placed is not None:
                self._unsure_since_s = None
                self._say_next(place_line(placed))
        return False

    def _reached(self, order: Order) -> None:
        self._troubles.done(order.name)
        if order is self._detour:
            self._detour = None
            return
        self.journal.write()
        self.mission.tell(self._at, abs(order.move.value) if order.move.kind != "turn" else 0, DONE)
        self._at = self.mission.progress().move

    def _to_ground(self, why: str) -> None:
        self._detour = None
        self._why = why
        self._rounds_till = self.searched.rounds + _ROUNDS
        self._to(Phase.GROUND)

    def _ground(self) -> None:
        """Wait for all that the board knows; then plan what is left, from where the rover stands."""
        if self.known.state in ("STOPPED", "FAULT", "CONTACT"):
            return self._to(Phase.MOVE)
        if self.searched.rounds < self._rounds_till and self._now_s - self._since_s < _ROUND_S:
            return None
        if self.searched.rounds < self._rounds_till:
            self._note("no telemetry", "the board told too little of its map")
        self.journal.write()
        if self.order is None:
            self._troubles.forgive()
        left = rest(self.area, self.geometry, self.mission.contacts(), self.searched, self._troubles.given_up)
        if self._no_better():
            return self._end("nothing more gets searched")
        if left.why:
            self.people.tell(f"nothing more can be planned: {left.why}")
        if left.refused:
            self.people.tell(f"{left.refused} ways of the new plan did not pass its check, and are left out")
        work = left.work_mm
        # Pockets are more work than the last lane was, and come after it all the same.
        if self.order is None and (work < _REST_LEAST_MM or left.pockets and not self._troubles.worth(work)):
            return self._end(self._why)
        here, moves = self._out()
        base = orders_of(here, moves)[-1].end if moves else here
        if left.moves and left.start.y_mm != base.y_mm:
            moves.append(Move("shift", left.start.y_mm - base.y_mm, left.moves[0].lane))
        return self._replan(here, [*moves, *left.moves], self._why)

    def _end(self, why: str) -> None:
        """Done; or held, where much is left that could be searched if the rover got there."""
        left = rest(self.area, self.geometry, self.mission.contacts(), self.searched)
        if left.work_mm >= _MUCH_MM:
            return self._hold(
                f"plan after plan brought no more ground, and lanes of {left.work_mm / 1000:.0f} m are left: see why "
                "(`sapper field map`), mostly receiver, antenna or corrections, and run it again"
            )
        self.people.tell("nothing more gets searched; what is left is listed with its causes")
        self.mission.replan(self._end_of_plan(), (), why)
        self._load()
        return self._to(Phase.DONE)

    def _no_better(self) -> bool:
        """Whether plan after plan brought no ground: the map as it was at each of them."""
        self._claimed.append(int(self.searched.claimed(self.geometry).sum()))
        last = self._claimed[-_FRUITLESS_PLANS:]
        return len(last) == _FRUITLESS_PLANS and last[-1] - last[0] < _FRUITLESS_CELLS

    def _out(self) -> tuple[Pose, list[Move]]:
        """From where the rover stands to the base line: where the first move begins, and the moves."""
        order, place = self.order, self.known.place
        astray = order is not None and place is not None and not on_line(order, place)
        if astray and place is not None and (placed := onto_base_line(place, self.geometry, self.area)) is not None:
            return placed[0], list(placed[1])
        out = way_out(self._orders[: self._at - self._first + 1], order, self.geometry)
        if out is None:
            return self._end_of_plan(), []
        start, moves = out[0], list(out[1])
        back = orders_of(start, moves[:1])  # out of the move under way; from there on any way will do
        if back and back[0].move.kind != "shift":
            home = way_home(self.area, self.geometry, self.searched, back[0].end, self._troubles.given_up)
            if home is not None:
                return start, [*moves[:1], *home]
        return start, moves

    def _replan(self, start: Pose, moves: list[Move], why: str) -> None:
        order, place = self.order, self.known.place
        self.journal.write()
        self.mission.replan(start, moves, why, gone_mm(order, place) if order and place else 0)
        self.people.tell(f"planned anew: {why}; {len(moves)} moves")
        self._load()
        self._to(Phase.MOVE)

    def _hold(self, why: str) -> None:
        self.held_for = why
        self._note("stopped: held", why)
        self.people.tell(why)
        self._to(Phase.HELD)


_PHASES: dict[Phase, Callable[[Runner], None]] = {
    Phase.CONNECT: Runner._connect,
    Phase.SET_UP: Runner._set_up,
    Phase.ARM: Runner._arm,
    Phase.MOVE: Runner._move,
    Phase.FIND: Runner._find,
    Phase.STOPPED: Runner._stopped,
    Phase.GROUND: Runner._ground,
}
