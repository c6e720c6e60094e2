"""A field in the application: what is looked at each tick, and what moves, finds and their ends mean for it."""

import micropython
from micropython import const
from sapper.drive.moves import Moves
from sapper.field.place import Place
from sapper.field.tracks import Tracks
from sapper.safety.supervisor import ARMED, CONTACT, ENABLED, EVENT_BIT, GRANTS, MOVES, TELEOP
from sapper.shared.events import KIND_ID, MOVE_STEPS

_GROUND = EVENT_BIT["ground"]
_DONE = EVENT_BIT["moved"] | EVENT_BIT["swept"]

# An alert on the way is raised by the near side of what is strong, and over what is faint: seen from the coil's middle
# it lies from 40 mm behind to 160 ahead (hil/play/field_run.py). What a second look went back for is known better.
_CAUSAL_MM = const(120)
_AHEAD_MM = const(55)
_ALERT_SIGMA_MM = const(60)
_CONTACT_SIGMA_MM = const(30)

_MOVE = KIND_ID["move"]
_BEGUN, _OVER, _BROKEN = range(len(MOVE_STEPS))


class Field:
    """place: where the rover is; tracks: the ground it may go on. Made in SAFE, for good: 50 kB
    of heap with its modules."""

    def __init__(self, app):
        self._app = app
        settings = app.settings
        drive = app.drive
        app.board.open_field(settings.get("gnss_baud"))
        self.place = Place(settings, app.board, drive, app.add)
        pose = self.place.pose
        self.tracks = Tracks(settings, pose, drive, app.add)
        app.motion.take_moves(Moves(settings, drive, pose), pose)

    def configure(self):
        """Settings changed, standing."""
        settings = self._app.settings
        self.place.configure(settings)
        self.tracks.configure(settings)

    @micropython.native
    def look(self, elapsed_ms):
        """A tick, after the watch has looked: event bits for the supervisor."""
        app = self._app
        tracks = self.tracks
        if not tracks.on:
            return 0
        state = app.state
        grants = GRANTS[state]
        tracks.mark(state != TELEOP and grants & ENABLED and app.detector.searched_ok(), elapsed_ms)
        if not grants & MOVES:
            return 0
        motion = app.motion
        return _GROUND if tracks.stops(motion.asked_mm_s, motion.asked_mrad_s) else 0

    def motion_ended(self, happened, new):
        """TELEOP or SWEEP ended in state `new`: a move of the board's own is told, a find kept off, a release goes."""
        app = self._app
        own = app.motion.moves
        if own.kind:
            self._tell(_OVER if new == ARMED and happened & _DONE else _BROKEN)
        self.tracks.motion_ended()
        if new == CONTACT and self.place.pose.placed:
            place_mm = app.watch.find_mm
            behind_mm = app.drive.odometry.s_mm - place_mm
            if behind_mm <= _CAUSAL_MM:
                self.tracks.found(-_AHEAD_MM, place_mm, _ALERT_SIGMA_MM)
            else:
                self.tracks.found(behind_mm, place_mm, _CONTACT_SIGMA_MM)

    def taken_over(self):
        """The operator drives now."""
        if self._app.motion.moves.kind:
            self._tell(_BROKEN)
            self.tracks.motion_ended()

    def begin_move(self):
        """ARMED -> TELEOP: the board goes where its moves are aimed."""
        app = self._app
        app.pinpoint(False)
        app.raise_event("cmd_drive")
        if app.state == TELEOP:
            app.motion.begin_move()
            self._tell(_BEGUN)

    def begin_lane(self):
        """ARMED -> SWEEP along the line that moves are aimed at."""
        self._tell(_BEGUN)
        self._app.begin_sweep(self._app.motion.moves.line.left_mm, True)

    def _tell(self, step):
        own = self._app.motion.moves
        self._app.add(_MOVE, own.kind, own.x_mm, own.y_mm, step)
