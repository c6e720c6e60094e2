"""The commands about the board itself: its self-test, keys, flash, and how to leave the application.

Methods of console.Console, kept apart: `cmd_NAME(link, words)` each returns its answer, str or an iterator of str.
"""

from sapper.console.arguments import Refused, integer, key, usage
from sapper.crypto.keys import to_hex
from sapper.crypto.signing import CHALLENGE_DIGITS
from sapper.hardware import clock
from sapper.safety import checks
from sapper.shared import events
from sapper.storage import file_system, flash_view, name_file
from sapper.storage.flash_view import DIGEST_MOST, FLASH_BYTES, PAGE_BYTES


class BoardCommands:
    """Handlers; `self._app` is the console's."""

    def cmd_selftest(self, link, words):
        wrong = dict(checks.failures(checks.SELF_TEST, self._app))
        return self._selftest(wrong)

    def _selftest(self, wrong):
        for name, _ in checks.SELF_TEST:
            yield "  %s: %s" % (name, wrong.get(name, "pass"))
        if wrong:
            name = next(iter(wrong))
            yield "err selftest: %s: %s" % (name, wrong[name])
        else:
            yield "ok selftest passed"

    def cmd_loop(self, link, words):
        stats = self._app.stats
        return self._loop(stats.late, stats.tick)

    def _loop(self, *spreads):
        last = "ok"
        for spread in spreads:
            for from_us, count in spread.counts():
                yield "  %s from=%d ticks=%d" % (spread.name, from_us, count)
            last += " %s_p999_us=%d %s_max_us=%d" % (spread.name, spread.p999_us(), spread.name, spread.worst_us())
        yield last

    def cmd_cache(self, link, words):
        return "ok accesses=%d hits=%d" % self._app.board.cache.taken()

    def cmd_nonce(self, link, words):
        if words and len(words[0]) != CHALLENGE_DIGITS:  # whatever they are: it is this laptop's to know them again
            raise Refused("value", "a challenge is %d hex digits" % CHALLENGE_DIGITS)
        return self._nonce(link, words[0] if words else "")

    def _nonce(self, link, challenge):
        """In the tick that has time to tell it: signing takes 3 ms."""
        yield "ok %s port=%s" % (self._app.gate.text(challenge), events.PORTS[link.index])

    def cmd_key(self, link, words):
        app = self._app
        if words:
            app.new_key(key(words[0]))
        return "ok key=" + app.gate.id

    def cmd_name(self, link, words):
        if words:
            name = "" if words[0] == name_file.NONE else words[0]
            if name and not name_file.is_name(name):
                raise Refused("value", name_file.RULE)
            self._app.on_flash(lambda: name_file.save(name))
        return "ok name=" + (name_file.load() or name_file.NONE)

    def cmd_clock(self, link, words):
        if words:
            clock.set_epoch_s(integer(words[0], clock.EARLIEST_S, clock.LATEST_S, "EPOCH_S"))
        now = clock.epoch_s()
        return "ok %s t_ms=%d" % ("epoch=%d" % now if now else "clock=unset", self._app.t_ms)

    def cmd_storage(self, link, words):
        if words:
            if words[0] != "erase":
                raise usage("storage")
            self._app.on_flash(file_system.erase)
        wrong = file_system.problem()
        if wrong:
            raise Refused("storage", wrong)
        return "ok " + file_system.text()

    def cmd_digest(self, link, words):
        """Whole pages only, so that no hash is of so few bytes that they could be guessed: a page may hold a key."""
        if len(words) != 2:
            raise usage("digest")
        offset = integer(words[0], 0, FLASH_BYTES - PAGE_BYTES, "OFFSET")
        length = integer(words[1], PAGE_BYTES, min(DIGEST_MOST, FLASH_BYTES - offset), "LENGTH")
        if offset % PAGE_BYTES or length % PAGE_BYTES:
            raise Refused("value", "OFFSET and LENGTH are whole pages, multiples of %d" % PAGE_BYTES)
        return "ok sha256=" + to_hex(flash_view.digest(offset, length))

    def cmd_testpiece(self, link, words):
        app = self._app
        check = app.piece_check
        if words == ["begin"]:
            self._begin_check(app, check)
        elif words == ["end"]:
            check.end()
        elif words:
            raise usage("testpiece")
        name, remedy = events.PIECE_STEPS[check.last]
        figures = "snr_x10=%d need_x10=%d" % (check.snr_x10, app.settings.get("testpiece_snr_x10"))
        if check.passed:
            return "ok testpiece=passed %s left_min=%d" % (figures, check.left_min())
        if words or check.active:
            return "ok testpiece=%s %s" % (name, remedy)
        raise Refused("testpiece", "%s %s: %s" % (name, figures, remedy))

    def _begin_check(self, app, check):
        """Once nothing is wrong that no pass could mend."""
        wrong = checks.failures(checks.PIECE, app)
        if wrong:
            raise Refused("testpiece", wrong[0][1])
        check.begin()

    def cmd_reboot(self, link, words):
        self._app.leave_for = "reboot"
        return "ok rebooting"

    def cmd_bootloader(self, link, words):
        self._app.leave_for = "bootloader"
        return "ok into BOOTSEL"

    def cmd_repl(self, link, words):
        self._app.leave_for = "repl"
        return "ok MicroPython's prompt; Ctrl-D comes back"
