"""Who speaks to a bench: over USB in plain lines, on the radio in signed ones."""

from bench import Bench

from sapper.crypto.signing import Signer
from sapper.safety.supervisor import CONTACT, SWEEP, TELEOP

USB, RADIO = 0, 1
KEY = bytes(range(32))


class Operator:
    """On one port of a bench, whose radio key is put in here."""

    def __init__(self, bench, port):
        self.bench, self.port, self.counter = bench, port, 0
        if bench.app.gate.id == "none":
            bench.app.gate.set_key(KEY)
        bench.board.inputs.key = 1
        bench.tick(5)

    def say(self, line, ticks=12):
        """All that the board answers."""
        if self.port == RADIO:
            self.counter += 1
            line = Signer(KEY, self.bench.app.gate.nonce).sign(self.counter, line)
        return self.bench.say(line, self.port, ticks)

    def last(self, line, ticks=4):
        """The answer's last line."""
        said = [text for text in self.say(line, ticks).split("\r\n") if text.startswith(("ok", "err "))]
        return said[-1] if said else ""

    def arm(self):
        """SAFE -> ARMED over this port."""
        code = self.last("arm").split("code=")[1][:4]
        return self.last("arm " + code)

    def to(self, state):
        """From SAFE into a state that may hold MOTOR_EN."""
        assert self.arm() == "ok state=ARMED"
        if state in (SWEEP, CONTACT):
            self.say("sweep 1000000", 2)
        if state == TELEOP:
            self.say("drive 200 0", 2)
        if state == CONTACT:
            self.bench.app.raise_event("alert")
        assert self.bench.app.state == state
        return self


def two(owner):
    """(the operator on `owner`, the one on the other port) of a new bench."""
    bench = Bench()
    return Operator(bench, owner), Operator(bench, 1 - owner)
