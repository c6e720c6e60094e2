"""The console: a line from a link -> the command of the table -> an answer. A bad line changes nothing.

Answers end with one line that starts with `ok` or `err NAME: what, and what to do`; lines before it start with two
spaces.
"""

from micropython import const
from sapper.console.arguments import Refused, integer, usage
from sapper.console.board_commands import BoardCommands
from sapper.console.update_commands import UpdateCommands
from sapper.identity import version_text
from sapper.link import status
from sapper.link.gate import FORGED, Forged, is_signed
from sapper.link.often import DRIVE, EMPTY, FORMS, OTHER, PROVED, TEXTS, speed_mm_s, turn_mrad_s
from sapper.link.rtcm_line import TAKEN
from sapper.link.unproved import CLOSED, REFUSED, UNKNOWN, is_refused
from sapper.safety import checks
from sapper.safety.supervisor import ARMED, GRANTS, MOVES, SAFE, TELEOP
from sapper.shared import commands, events, weakened
from sapper.shared.commands import COMMANDS, FIELD, ROWS
from sapper.shared.settings import TABLE, SettingError, row_of
from sapper.storage import log_file, settings_file

_DRIVE_MAX = const(100_000)
_SWEEP_MAX_MM = const(1_000_000)
_NO_WORDS = ()


class Console(BoardCommands, UpdateCommands):
    """Handlers are the methods `cmd_NAME(link, words)`; each returns its answer: str, an iterator of str, or, where it
    is said while moving, the application's Text."""

    def __init__(self, app):
        self._app = app
        self._handlers = {row[0]: getattr(self, "cmd_" + row[0]) for row in COMMANDS if row[0] not in FIELD}
        self._field = None

    def handle(self, link, line):
        """Carry out one line, and queue its answer on the link: signed (`@...`, see link/gate.py), plain, or a small
        integer (link/often.py, link/unproved.py)."""
        trusted = link.trusted
        app = self._app
        if is_refused(line):
            link.answer(self._refuse(link, line))
            return
        try:
            if not isinstance(line, str):
                trusted = trusted or line & PROVED
            elif is_signed(line):
                line = app.gate.open(line)
                trusted = True
            answer = self._run(link, line, trusted)
        except Forged as forged:
            app.refuse(link, forged.args[0])
            answer = "err %s: %s" % forged.args
        except Refused as refusal:
            answer = "err %s: %s" % refusal.args
        except SettingError as error:
            answer = "err setting: %s" % error
        except OSError as error:
            answer = "err flash: %s; see docs/technician.md" % error
        link.answer(answer)

    def _run(self, link, line, trusted):
        app = self._app
        form = FORMS.get(line, OTHER) if isinstance(line, str) else line & ~PROVED
        words = line.split() if form == OTHER else _NO_WORDS
        if form == EMPTY or form == OTHER and not words:
            if trusted:
                app.heard(link)
            return self._text("ok")
        name = words.pop(0) if words else "drive" if form & DRIVE else "rtcm" if form >= TAKEN else TEXTS[form]
        row = ROWS.get(name)
        if row is None:
            if not trusted:
                app.refuse(link, "malformed")
            raise Refused("unknown", "no command '%s'; `help` lists them" % name[:24])
        who = row[3]
        if not trusted and not commands.open_to_all(row, GRANTS[app.state] & MOVES):
            return self._unsigned(link, row)
        if who == "usb" and link.index != 0:
            raise Refused("link", "%s is taken over USB only" % name)
        if who == "link" and name != "disarm" and not app.owns(link):
            raise Refused("owner", "armed over %s; use that link, or `disarm`" % events.PORTS[app.owner])
        if not commands.allowed(row, app.state):
            raise Refused("state", "%s is not for %s" % (name, events.STATES[app.state]))
        if len(words) > row[1].count(" ") and name != "stop":
            raise usage(name)
        if form & DRIVE:
            answer = self._drive(link, speed_mm_s(form), turn_mrad_s(form))
        elif form >= TAKEN:
            answer = self._corrections(form)
        else:
            answer = self._handler(name)(link, words)
        if trusted:
            app.heard(link)
            if commands.is_use(row):
                app.watch.used()
        return answer

    def _handler(self, name):
        """Of a command. Those of a field come with the first that is said in SAFE: others need not pay their heap."""
        handler = self._handlers.get(name)
        if handler is not None:
            return handler
        if self._field is None:
            if self._app.state != SAFE:
                raise Refused("place", "no field was begun; `place` in SAFE")
            try:
                self._app.begin_field()
                from sapper.console.field_commands import FieldCommands

                self._field = FieldCommands(self._app)
            except MemoryError:
                self._app.end_field()
                raise Refused(
                    "memory", "there is no room for a field beside an update's modules; flash the firmware over USB"
                ) from None
        return getattr(self._field, "cmd_" + name)

    def _refuse(self, link, line):
        """The answer to a line that link/unproved.py refuses."""
        if line >= CLOSED:
            return self._unsigned(link, COMMANDS[line - CLOSED])
        if line == UNKNOWN:
            self._app.refuse(link, "malformed")
            return self._text("err unknown: no command of this name; `help` lists them")
        why, text = FORGED[line - REFUSED]
        self._app.refuse(link, why)
        answer = self._text("err ")
        answer.put(why)
        answer.put(": ")
        answer.put(text)
        return answer

    def _unsigned(self, link, row):
        """The answer to the command of this row where it must be signed."""
        self._app.refuse(link, "unsigned")
        answer = self._text("err unsigned: ")
        answer.put(row[0])
        answer.put(" takes room from a rover that moves" if row[3] == "still" else " changes state")
        answer.put("; on this link it must be signed")
        return answer

    def _text(self, text):
        """An answer in place."""
        answer = self._app.text
        answer.start(text)
        return answer

    # Looking

    def cmd_help(self, link, words):
        if not words:
            return self._help_all()
        row = ROWS.get(words[0])
        if row is None:
            raise Refused("unknown", "no command '%s'" % words[0][:24])
        return iter(("  " + row[1], "  " + row[4], "ok"))

    def _help_all(self):
        for row in COMMANDS:
            yield "  %-30s %s" % (row[1], row[4])
        yield "ok"

    def cmd_status(self, link, words):
        text = self._app.text
        status.put(self._app, text)
        return text

    def cmd_version(self, link, words):
        return "ok " + version_text()

    def cmd_log(self, link, words):
        if words == ["saved"]:
            return log_file.lines()
        count = integer(words[0], 1, 1000, "count") if words else 20
        return self._log(count)

    def _log(self, count):
        log = self._app.log
        number = max(log.oldest(), log.next - count)
        while number < log.next:
            number = max(number, log.oldest())
            yield "  " + log.text(number, self._app.text)[2:]
            number += 1
        yield "ok"

    def cmd_telemetry(self, link, words):
        if words not in (["on"], ["off"], ["raw"]):
            raise usage("telemetry")
        raw = words[0] == "raw"
        if raw and link.index != 0:
            raise Refused("link", "raw telemetry is told over USB only")
        link.telemetry = words[0] != "off"
        self._app.reporter.tell_raw(link, raw)
        return "ok telemetry=" + words[0]

    # Arming and moving

    def cmd_arm(self, link, words):
        app = self._app
        if app.state == ARMED:
            return "ok state=ARMED"
        if not words:
            wrong = checks.failures(checks.PRE_ARM, app)
            if wrong:
                return self._failed("checks", wrong)
            code = app.offer_code(link)
            return self._offer("ok code=%s type `arm CODE` within %d ms" % (code, app.settings.get("arm_code_ms")))
        if not app.arming.confirm(link.index, words[0]):
            raise Refused("code", "the code is wrong or late; type `arm` for a new one")
        wrong = checks.failures(checks.PRE_ARM, app)
        if wrong:
            return self._failed("checks", wrong)
        app.owner = link.index
        answer = self._event("cmd_arm")
        if app.weakened:
            app.emit("weakened", app.weakened)
        return answer

    def _offer(self, last):
        """The code comes after what the operator arms without."""
        settings = self._app.settings
        for name, _, _, what in weakened.rows(self._app.weakened):
            yield "  weakened: %s=%d: %s" % (name, settings.get(name), what)
        yield last

    def _failed(self, name, wrong):
        for check, text in wrong:
            yield "  %s: %s" % (check, text)
        yield "err %s: %s" % (name, wrong[0][1])

    def _event(self, event):
        """Put an operator's event to the supervisor; the answer tells the state it led to."""
        self._app.raise_event(event)
        return self._state()

    def _state(self):
        answer = self._text("ok state=")
        answer.put(events.STATES[self._app.state])
        return answer

    def cmd_disarm(self, link, words):
        app = self._app
        if app.state == SAFE:
            app.clear_faults()
            return "ok state=SAFE"
        answer = self._event("cmd_disarm")
        app.clear_faults()
        return answer

    def cmd_stop(self, link, words):
        return self._event("cmd_stop")

    def cmd_drive(self, link, words):
        if len(words) != 2:
            raise usage("drive")
        speed = integer(words[0], -_DRIVE_MAX, _DRIVE_MAX, "MM_S")
        turn = integer(words[1], -_DRIVE_MAX, _DRIVE_MAX, "MRAD_S")
        return self._drive(link, speed, turn)

    def _drive(self, link, speed, turn):
        app = self._app
        fastest = app.settings.get("speed_max_mm_s")
        sharpest = app.settings.get("turn_max_mrad_s")
        if abs(speed) > fastest or abs(turn) > sharpest:
            raise Refused("value", "at most %d mm/s and %d mrad/s" % (fastest, sharpest))
        if link.behind():
            raise Refused("behind", "lines come faster than they are taken, so this one may be old; send fewer")
        if self._field is not None and (speed or turn):
            try:
                self._field.check_ground(speed, turn)
            except Refused:
                if app.state == TELEOP:
                    app.field.taken_over()
                    app.motion.drive(0, 0)
                raise
        if app.state != TELEOP:
            app.raise_event("cmd_drive")
        if app.state == TELEOP:
            if app.field is not None:
                app.field.taken_over()
            app.motion.drive(speed, turn)
        return self._state()

    def _corrections(self, form):
        """The answer to an `rtcm` whose bytes were taken as it was read."""
        if form != TAKEN:
            return self._text("err value: no RTCM 3 in it")
        answer = self._text("ok")
        answer.value("waiting", self._app.field.place.corrections.waiting)
        return answer

    def cmd_sweep(self, link, words):
        if len(words) != 1:
            raise usage("sweep")
        length = integer(words[0], 1, _SWEEP_MAX_MM, "MM")
        self._app.begin_sweep(length)
        return self._state()

    def cmd_verdict(self, link, words):
        if len(words) != 1 or words[0] not in events.VERDICTS[1:]:
            raise usage("verdict")
        self._app.emit("verdict", events.VERDICTS.index(words[0]))
        self._app.watch.judged()
        if words[0] == "clutter" and self._field is not None:
            self._app.field.tracks.judged_clutter()
        return self._event("cmd_verdict")

    def cmd_mark(self, link, words):
        self._app.mark()
        return "ok"

    def cmd_pinpoint(self, link, words):
        if words not in (["on"], ["off"]):
            raise usage("pinpoint")
        self._app.pinpoint(words[0] == "on")
        return "ok pinpoint=" + words[0]

    def cmd_ping(self, link, words):
        self._app.pinged()
        answer = self._text("ok t_ms=")
        answer.number(self._app.t_ms)
        return answer

    # Settings

    def cmd_get(self, link, words):
        settings = self._app.settings
        if not words:
            return self._lines("%s=%d" % (row[0], settings.get(row[0])) for row in TABLE)
        row = row_of(words[0])
        return "ok %s=%d %s (%d..%d, default %d): %s" % (
            row[0],
            settings.get(row[0]),
            row[4],
            row[2],
            row[3],
            row[1],
            row[5],
        )

    def _lines(self, lines):
        """lines: made one by one as they leave, so that a long answer costs no tick much."""
        for line in lines:
            yield "  " + line
        yield "ok"

    def cmd_set(self, link, words):
        if len(words) != 2:
            raise usage("set")
        value = self._app.settings.set(words[0], words[1])
        self._app.configure()
        for name, _, _, what in weakened.rows(self._app.weakened):
            if name == words[0]:
                return "ok %s=%d weakened: %s" % (name, value, what)
        return "ok %s=%d" % (words[0], value)

    def cmd_save(self, link, words):
        app = self._app
        app.on_flash(lambda: settings_file.save(app.settings))
        app.settings_error = ""
        return "ok saved"

    def cmd_defaults(self, link, words):
        self._app.settings.defaults()
        self._app.configure()
        return "ok defaults, not saved"

    def cmd_diff(self, link, words):
        return self._lines("%s = %d # default %d" % row for row in self._app.settings.diff())

    def cmd_dump(self, link, words):
        settings = self._app.settings
        return self._lines("%s = %d" % (row[0], settings.get(row[0])) for row in TABLE)
