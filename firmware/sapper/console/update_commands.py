"""The commands about updates. Methods of console.Console, kept apart: `cmd_NAME(link, words)` each returns its answer,
str or an iterator of str."""

from sapper.console.arguments import Refused, key, usage
from sapper.crypto.keys import key_id
from sapper.shared.events import SOURCES
from sapper.update import running


class UpdateCommands:
    """Handlers; `self._app` is the console's."""

    def cmd_update(self, link, words):
        if not words:
            return self._update()
        if words == ["receive"]:
            if running.on_trial():
                raise Refused("trial", "what runs is on trial itself; wait a second and ask again")
            if "idle=none" in running.text():
                raise Refused("slots", "this board has no slots")
            self._app.leave_for = "update"
            return "ok receiving; motors off, the board restarts afterwards"
        if len(words) == 2 and words[0] == "run" and words[1] in SOURCES:
            wrong = ""

            def point():
                nonlocal wrong
                wrong = running.point_to(words[1])

            self._app.on_flash(point)
            if wrong:
                raise Refused("slot", "%s: %s; it was left as it is" % (words[1], wrong))
            return "ok %s starts next time; `reboot`" % words[1]
        raise usage("update")

    def _update(self):
        for line in running.slot_lines():
            yield "  " + line
        yield "ok %s team_key=%s" % (running.text(), key_id(self._app.team_key))

    def cmd_teamkey(self, link, words):
        app = self._app
        if words:
            app.new_team_key(key(words[0]))
        return "ok teamkey=" + key_id(app.team_key)
