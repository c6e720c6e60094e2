"""The team's key on the console: put in freely, changed or taken away by who has the old one, never lost by the way."""

import sys

import pytest
from bench import Bench
from key_places import InMemory

from sapper.crypto.keys import key_id
from sapper.crypto.team_proof import proof
from sapper.storage import file_system, team_key, two_copies
from sapper.update import running

pytestmark = pytest.mark.unit

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def flash(tmp_path, monkeypatch):
    """What outlives a start: the places of the key."""
    monkeypatch.setattr(team_key._FILE, "path", str(tmp_path / "team.key"))
    places = InMemory()
    monkeypatch.setitem(sys.modules, "key_places", places)
    return places


def proved(bench, new, old=KEY):
    return f"teamkey {new} {proof(old, bench.app.gate.nonce, new)}"


def held(bench):
    """What the board tells, and keeps over a start."""
    now = bench.last("teamkey")
    assert Bench().last("teamkey") == now
    return now.removeprefix("ok teamkey=")


def test_a_key_goes_in_once_and_stays(flash):
    bench = Bench()
    assert held(bench) == "none"
    assert bench.last("teamkey " + KEY.hex()) == "ok teamkey=" + key_id(KEY)
    assert held(bench) == key_id(KEY)
    assert bench.last("teamkey " + KEY.hex()) == "ok teamkey=" + key_id(KEY), "whoever has it may put it in again"


@pytest.mark.parametrize("new", ["none", OTHER.hex()])
def test_taking_the_key_away_or_changing_it_takes_the_old_one(flash, new):
    bench = Bench()
    bench.say("teamkey " + KEY.hex())
    for line in (
        f"teamkey {new}",
        f"teamkey {new} {'0' * 64}",
        f"teamkey {new} {KEY.hex()}",
        proved(bench, new, OTHER),
        proved(bench, "none" if new != "none" else OTHER.hex()).replace("none", new).replace(OTHER.hex(), new),
        proved(bench, new)[:-1],
        proved(bench, new) + " 0",
        proved(bench, new).upper(),
    ):
        answer = bench.last(line, ticks=6)
        assert answer.startswith(("err proof", "err value", "err usage", "err unknown")), (line, answer)
    assert held(bench) == key_id(KEY)
    earlier = proved(Bench(), new)
    assert bench.last(earlier, ticks=6).startswith("err proof"), "of another boot"
    assert bench.last(proved(bench, new), ticks=6) == "ok teamkey=" + (key_id(OTHER) if new != "none" else "none")
    assert held(bench) == (key_id(OTHER) if new != "none" else "none")


@pytest.mark.parametrize("byte", range(32))
def test_a_proof_is_compared_in_all_of_its_bytes(flash, byte):
    bench = Bench()
    bench.say("teamkey " + KEY.hex())
    line = proved(bench, "none")
    at = len(line) - 64 + 2 * byte
    line = line[:at] + ("0" if line[at] != "0" else "1") + line[at + 1 :]
    assert bench.last(line, ticks=6).startswith("err proof")


def test_erasing_the_storage_leaves_the_key(flash, monkeypatch, tmp_path):
    bench = Bench()
    bench.say("teamkey " + KEY.hex())
    monkeypatch.setattr(file_system, "erase", lambda: [path.unlink() for path in tmp_path.iterdir()])
    assert bench.last("storage erase").startswith("ok")
    assert held(bench) == key_id(KEY)
    assert bench.last("teamkey none").startswith("err proof")


class Slots:
    """The board's own module, idle."""

    running = "factory"
    why = "no_update"
    API = 2

    def on_trial(self):
        return False

    def idle(self):
        return "a"

    def mpy_version(self):
        return 4870

    def trailer(self, slot):
        return {}

    def wrong_with(self, slot):
        return "empty"


def test_a_spoilt_key_refuses_updates_until_it_is_put_in_again(flash, monkeypatch):
    monkeypatch.setattr(running, "slots", Slots())
    Bench().say("teamkey " + KEY.hex())
    flash.pages = [bytes(two_copies.COPY_BYTES)] * 2
    bench = Bench()
    assert held(bench) == "spoilt"
    assert "team_key=spoilt" in bench.say("update", ticks=20)
    for line in ("update receive", "update receive older"):
        assert bench.last(line).startswith("err teamkey: ")
    assert bench.app.leave_for == ""
    assert bench.last("teamkey none").startswith("err teamkey: ")
    assert "  team key: " in bench.say("selftest", ticks=60)
    assert bench.last("teamkey " + KEY.hex()) == "ok teamkey=" + key_id(KEY)
    assert bench.last("update receive").startswith("ok receiving")
    assert bench.app.leave_for == running.RECEIVES[0]


def test_an_older_update_has_to_be_asked_for(flash, monkeypatch):
    monkeypatch.setattr(running, "slots", Slots())
    bench = Bench()
    assert bench.last("update receive older").startswith("ok receiving")
    assert bench.app.leave_for == running.RECEIVES[1]
    assert bench.last("update receive newer").startswith("err usage")


def test_a_key_that_does_not_let_what_runs_start_again_says_so(flash, monkeypatch):
    slots = Slots()
    slots.running = "a"
    slots.wrong_with = lambda slot: "not signed with the team's key" if slot == "a" else ""
    monkeypatch.setattr(running, "slots", slots)
    said = Bench().say("teamkey " + KEY.hex(), ticks=8)
    assert "what runs is not signed with the team's key: the factory image starts next time" in said
    assert "ok teamkey=" + key_id(KEY) in said


def test_no_line_shows_the_team_key(flash):
    bench = Bench()
    bench.say("teamkey " + KEY.hex())
    shown = "".join(bench.say(line, ticks=60) for line in ("teamkey", "update", "dump", "selftest", "log 100", "help"))
    assert KEY.hex() not in shown and KEY.hex()[:16] not in shown
