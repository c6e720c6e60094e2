"""The commands about updates. Methods of console.Console, kept apart: `cmd_NAME(link, words)` each returns its answer,
str or an iterator of str."""

from sapper.console.arguments import Refused, key, usage
from sapper.crypto.keys import differ, from_hex
from sapper.crypto.sha256 import DIGEST_BYTES
from sapper.crypto.team_proof import proof
from sapper.shared.events import SOURCES
from sapper.storage.team_key import SPOILT
from sapper.update import running


class UpdateCommands:
    """Handlers; `self._app` is the console's."""

    def cmd_update(self, link, words):
        if not words:
            return self._update()
        if words == ["receive"] or words == ["receive", "older"]:
            if self._app.team_key.key is SPOILT:
                raise _spoilt("updates are refused until it is put in again")
            if running.on_trial():
                raise Refused("trial", "what runs is on trial itself; wait a second and ask again")
            if "idle=none" in running.text():
                raise Refused("slots", "this board has no slots")
            self._app.leave_for = running.RECEIVES[len(words) - 1]
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
        yield "ok %s team_key=%s" % (running.text(), self._app.team_key.id)

    def cmd_teamkey(self, link, words):
        held = self._app.team_key
        if words:
            wanted = key(words[0])
            if held.key is SPOILT and not wanted:
                raise _spoilt("put it in again, then take it away")
            if held.key and held.key != wanted:
                self._check_proof(words)
            self._app.new_team_key(wanted)
        return self._teamkey()

    def _teamkey(self):
        wrong = running.wrong_with_running()
        if wrong:
            yield "  what runs is %s: the factory image starts next time; then `sapper update`" % wrong
        yield "ok teamkey=" + self._app.team_key.id

    def _check_proof(self, words):
        """Refused unless it comes from somebody who has the key that is to go: a mistake does not open the board."""
        given = from_hex(words[1], DIGEST_BYTES) if len(words) > 1 else None
        right = from_hex(proof(self._app.team_key.key, self._app.gate.nonce, words[0]), DIGEST_BYTES)
        if given is None or differ(given, right, DIGEST_BYTES):
            raise Refused("proof", "the old key has to prove it: `sapper teamkey`; lost: see docs/technician.md")


def _spoilt(what):
    return Refused("teamkey", "the team's key is spoilt in flash; %s: `sapper teamkey`" % what)
