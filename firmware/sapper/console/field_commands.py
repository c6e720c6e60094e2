"""The commands of a field: where the rover is and which ground is safe, and the moves that the board makes by itself.

`cmd_NAME(link, words)` each returns its answer, str or an iterator of str, or the application's Text.
"""

from micropython import const
from sapper.console.arguments import Refused, integer, usage
from sapper.drive import moves
from sapper.link import rtcm_line
from sapper.shared.events import GROUNDS, SENSOR_HOWS, STATES

_FAR_MM = const(400_000)  # cells of 50 mm, seen from either side, in small integers
_SIGMA_MOST_MM = const(4000)
_TURN_MRAD = const(3142)
_RADIUS_MOST_MM = const(2000)
_RECTANGLE_MOST_MM = const(30_000)
_RELEASE_MOST_MS = const(60_000)
_BILLIONTHS = const(999_999_999)
_GNSS = ("none", "single", "float", "fixed")


def _mm(text, what):
    return integer(text, -_FAR_MM, _FAR_MM, what)


def _angle(degrees, billionths, most, what):
    """Whole degrees and billionths of one, either negative when the angle is."""
    whole = integer(degrees, -most, most, what + "_DEG")
    above = integer(billionths, -_BILLIONTHS, _BILLIONTHS, what + "_BILLIONTHS")
    if whole * above < 0:
        raise Refused("value", "%s_DEG and _BILLIONTHS are of two signs; both are negative south and west" % what)
    return whole, above


class FieldCommands:
    """Handlers, of an application that has a field."""

    def __init__(self, app):
        self._app = app

    def _text(self, text):
        answer = self._app.text
        answer.start(text)
        return answer

    def _state(self):
        answer = self._text("ok state=")
        answer.put(STATES[self._app.state])
        return answer

    # Where it is

    def cmd_place(self, link, words):
        if len(words) != 5:
            raise usage("place")
        x_mm = _mm(words[0], "X_MM")
        y_mm = _mm(words[1], "Y_MM")
        heading = integer(words[2], -_TURN_MRAD, _TURN_MRAD, "HEADING_MRAD")
        sigma_mm = integer(words[3], 1, _SIGMA_MOST_MM, "SIGMA_MM")
        self._app.field.place.put(x_mm, y_mm, heading, sigma_mm, integer(words[4], 1, _TURN_MRAD, "SIGMA_MRAD"))
        return "ok placed"

    def cmd_origin(self, link, words):
        place = self._app.field.place
        if words == ["none"]:
            place.forget_origin()
            return "ok origin=none"
        if len(words) != 6:
            raise usage("origin")
        try:
            place.origin(
                *_angle(words[0], words[1], 90, "LAT"),
                *_angle(words[2], words[3], 180, "LON"),
                integer(words[4], -1_000_000, 9_000_000, "HEIGHT_MM"),
                integer(words[5], -2 * _TURN_MRAD, 2 * _TURN_MRAD, "BEARING_MRAD"),
            )
        except ValueError as error:
            raise Refused("value", str(error)) from None
        return "ok origin"

    def cmd_field(self, link, words):
        app = self._app
        place = app.field.place
        pose = place.pose
        tracks = app.field.tracks
        text = self._text("ok")
        text.value("placed", 1 if pose.placed else 0)
        text.value("x_mm", pose.x_mm)
        text.value("y_mm", pose.y_mm)
        text.value("heading_mrad", pose.heading_mrad)
        text.value("sigma_mm", pose.sigma_mm)
        text.value("sigma_mrad", pose.sigma_mrad)
        text.value("absolute", 1 if pose.absolute else 0)
        text.word("gyro", SENSOR_HOWS[place.gyro])
        text.word("gnss", SENSOR_HOWS[place.gnss])
        text.word("fix", _GNSS[pose.gnss])
        text.value("sats", place.receiver.fix.satellites)
        text.value("origin", 1 if place.has_origin else 0)
        text.value("base", 1 if tracks.on else 0)
        text.word("ground", GROUNDS[tracks.reason])
        if tracks.reason:
            text.value("at_x_mm", tracks.refused_x_mm())
            text.value("at_y_mm", tracks.refused_y_mm())
        return text

    def cmd_rtcm(self, link, words):
        if len(words) != 1:
            raise usage("rtcm")
        # What is base64 is taken before it is a text; but for the line that begins the field.
        form = rtcm_line.said(words[0].encode(), 0, len(words[0]))
        if not form:
            raise Refused("value", "that is no base64; send a multiple of 4 characters")
        if form == rtcm_line.NO_RTCM:
            raise Refused("value", "no RTCM 3 in it")
        return "ok waiting=%d" % self._app.field.place.corrections.waiting

    # Which ground

    def cmd_base(self, link, words):
        tracks = self._app.field.tracks
        if words == ["off"]:
            tracks.end()
            return "ok base=off: no ground is checked"
        if len(words) != 2:
            raise usage("base")
        right = _mm(words[0], "RIGHT_MM")
        left = _mm(words[1], "LEFT_MM")
        if right >= left:
            raise Refused("value", "RIGHT_MM %d is not below LEFT_MM %d: y goes to the left" % (right, left))
        wrong = tracks.begin(right, left)
        if wrong:
            raise Refused("ground", wrong)
        return "ok base=on: no track goes on ground that was not searched"

    def _needs_base(self):
        if not self._app.field.tracks.on:
            raise Refused("ground", "no base line is told; `base` tells it")

    def cmd_searched(self, link, words):
        if len(words) != 5:
            raise usage("searched")
        self._needs_base()
        x0 = _mm(words[0], "X0_MM")
        y0 = _mm(words[1], "Y0_MM")
        x1 = _mm(words[2], "X1_MM")
        y1 = _mm(words[3], "Y1_MM")
        if not 0 < x1 - x0 <= _RECTANGLE_MOST_MM or not 0 < y1 - y0 <= _RECTANGLE_MOST_MM:
            raise Refused(
                "value", "X0 Y0 is the corner of the least x and y, X1 Y1 at most %d mm on" % _RECTANGLE_MOST_MM
            )
        self._app.field.tracks.give(x0, y0, x1, y1, integer(words[4], 0, _SIGMA_MOST_MM, "SIGMA_MM"))
        return "ok searched"

    def cmd_avoid(self, link, words):
        self._needs_base()
        tracks = self._app.field.tracks
        if len(words) == 2 and words[0] == "free":
            number = integer(words[1], 0, 1000, "NUMBER")
            if not tracks.free(number):
                raise Refused("value", "no disc %d is kept off, or more were told than there is room for" % number)
            return "ok free=%d" % number
        if len(words) != 3:
            raise usage("avoid")
        return "ok avoid=%d" % tracks.avoid(
            _mm(words[0], "X_MM"), _mm(words[1], "Y_MM"), integer(words[2], 1, _RADIUS_MOST_MM, "RADIUS_MM")
        )

    def cmd_release(self, link, words):
        if not words or len(words) == 2 and words[1] != "kept":
            raise usage("release")
        self._needs_base()
        self._app.field.tracks.give_release(integer(words[0], 1, _RELEASE_MOST_MS, "MS"), len(words) == 2)
        return "ok release=" + words[0]

    def check_ground(self, speed_mm_s, turn_mrad_s):
        """Refused where the ground forbids that motion from here."""
        tracks = self._app.field.tracks
        if tracks.on and not tracks.asks(speed_mm_s, turn_mrad_s):
            tracks.tell_refusal()
            why = GROUNDS[tracks.reason].replace("_", " ")
            raise Refused("ground", "%s at %d %d" % (why, tracks.refused_x_mm(), tracks.refused_y_mm()))

    # Moves

    def _aim(self, name, words, kind):
        """Take a straight move's words, and aim."""
        if len(words) != 2:
            raise usage(name)
        app = self._app
        x_mm = _mm(words[0], "X_MM")
        y_mm = _mm(words[1], "Y_MM")
        self._needs_place()
        wrong = app.motion.moves.straight(kind, x_mm, y_mm)
        if wrong:
            app.motion.moves.end()
            raise Refused("line", wrong)

    def _needs_place(self):
        if self._app.field.place.pose.sigma_mm < 0:
            raise Refused("place", "the place is not known; `place` tells it")

    def _go(self):
        """Carry out what `moves` is aimed at."""
        app = self._app
        own = app.motion.moves
        try:
            self.check_ground(own.speed_mm_s, own.turn_mrad_s)
        except Refused:
            own.end()
            raise
        app.field.begin_move()
        return self._state()

    def cmd_lane(self, link, words):
        self._aim("lane", words, moves.LANE)
        try:
            self.check_ground(self._app.settings.get("sweep_mm_s"), 0)
        except Refused:
            self._app.motion.moves.end()
            raise
        self._app.field.begin_lane()
        return self._state()

    def cmd_back(self, link, words):
        self._aim("back", words, moves.BACK)
        return self._go()

    def cmd_ahead(self, link, words):
        self._aim("ahead", words, moves.AHEAD)
        return self._go()

    def cmd_turn(self, link, words):
        if len(words) != 1:
            raise usage("turn")
        self._needs_place()
        self._app.motion.moves.turn(integer(words[0], -_TURN_MRAD, _TURN_MRAD, "HEADING_MRAD"))
        return self._go()

    def cmd_shift(self, link, words):
        if len(words) != 1:
            raise usage("shift")
        self._needs_place()
        self._app.motion.moves.shift(_mm(words[0], "Y_MM"))
        return self._go()
