"""The console: every command of the table works where the table says and nowhere else; a bad line changes nothing."""

from calendar import timegm
from hashlib import sha256
from time import gmtime

import machine
import pytest
from bench import Bench
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uctypes import FLASH

from sapper.console.field_commands import FieldCommands
from sapper.hardware import clock
from sapper.link.radio_reader import SHARE_EVERY_TICKS
from sapper.safety.supervisor import ARMED, CONTACT, FAULT, SAFE, STOPPED, SWEEP, TELEOP
from sapper.shared import commands, limits
from sapper.shared.commands import COMMANDS, FIELD, ROWS, STATE_LETTERS
from sapper.shared.events import STATES
from sapper.shared.settings import TABLE
from sapper.storage import name_file

pytestmark = pytest.mark.unit

USB, RADIO = 0, 1
# A line of each command that is well written.
EXAMPLES = {
    "help": "help drive",
    "drive": "drive 100 0",
    "sweep": "sweep 5000",
    "verdict": "verdict clutter",
    "pinpoint": "pinpoint on",
    "get": "get sweep_mm_s",
    "set": "set sweep_mm_s 310",
    "telemetry": "telemetry off",
    "log": "log 5",
    "key": "key " + "ab" * 32,
    "digest": "digest 4096 65536",
    "name": "name rover-7",
    "clock": "clock 1790000000",
    "lane": "lane 5000 0",
    "back": "back -5000 0",
    "ahead": "ahead 5000 0",
    "turn": "turn 500",
    "shift": "shift 700",
    "place": "place 0 0 0 10 5",
    "origin": "origin 47 600000000 8 500000000 430000 1571",
    "base": "base -6000 0",
    "searched": "searched 0 -700 4000 0 20",
    "avoid": "avoid 2000 -350 300",
    "release": "release 5000",
    "rtcm": "rtcm 0wAEPtAAAYP21A==",
}


class Time:
    """`time` and `machine.RTC` of a board that has just started."""

    AT_RESET_S = 1609459203
    now_s = AT_RESET_S
    gmtime = staticmethod(gmtime)

    @staticmethod
    def time():
        return Time.now_s

    def datetime(self, moment):
        year, month, day, weekday, *clock = moment
        Time.now_s = timegm((year, month, day, *clock[:3]))
        assert weekday == gmtime(Time.now_s).tm_wday


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.setattr(clock, "time", Time)
    monkeypatch.setattr(machine, "RTC", Time, raising=False)
    monkeypatch.setattr(Time, "now_s", Time.AT_RESET_S)
    return Bench()


def in_state(bench, state):
    """Bring the application there by the operator's and the world's means alone."""
    app = bench.app
    if state in (ARMED, TELEOP, SWEEP, CONTACT):
        assert bench.arm() == "ok state=ARMED"
    if state == TELEOP:
        bench.say("drive 100 0", ticks=1)
    elif state == SWEEP:
        bench.say("sweep 100000", ticks=1)
    elif state == CONTACT:
        bench.say("sweep 100000", ticks=1)
        app.raise_event("alert")
    elif state == STOPPED:
        bench.say("stop")
    elif state == FAULT:
        app.raise_event("exception")
    assert app.state == state
    return bench


def standing(app):
    """All that a bad line must not change."""
    return (
        app.state,
        app.reason,
        app.owner,
        app.leave_for,
        app.settings.dump_lines(),
        app.gate.id,
        app._marks,
        name_file.load(),
        Time.now_s,
    )


def test_every_row_has_a_handler_and_every_handler_a_row(bench):
    def handlers(holder):
        return {name[4:] for name in dir(holder) if name.startswith("cmd_")}

    assert handlers(FieldCommands) == set(FIELD)
    assert handlers(bench.app.console) | set(FIELD) == set(ROWS) and not handlers(bench.app.console) & set(FIELD)
    assert len(ROWS) == len(COMMANDS)


def test_every_row_is_well_formed():
    for name, usage, states, who, meaning in COMMANDS:
        assert usage.split()[0] == name
        assert set(states) <= set(STATE_LETTERS)
        assert who in ("any", "still", "signed", "link", "usb")
        assert meaning and "\n" not in meaning


def test_help_prints_the_whole_table(bench):
    text = bench.say("help", ticks=30)
    for row in COMMANDS:
        assert row[1] in text and row[4] in text
    assert "ok" in text


@pytest.mark.parametrize("state", range(len(STATES)), ids=STATES)
@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_command_is_taken_in_the_states_of_its_row_and_refused_elsewhere(bench, name, state):
    in_state(bench, state)
    line = EXAMPLES.get(name, name)
    before = standing(bench.app)
    answer = bench.last(line, ticks=4)
    if commands.allowed(ROWS[name], state):
        assert not answer.startswith(("err state", "err usage", "err unknown", "err exception")), answer
    else:
        assert answer.startswith("err state: "), answer
        if state not in (TELEOP, SWEEP):
            assert standing(bench.app) == before


@pytest.mark.parametrize(
    "line",
    [
        "fly", "ARM", "drive", "drive 100", "drive x y", "drive 100 0 0", "drive 601 0", "drive -601 0", "drive 0 1001",
        "drive 1e3 0", "drive 99999999999999999999 0", "drive nan 0", "sweep", "sweep -1", "sweep 0", "sweep 1000001",
        "sweep 10 20", "verdict", "verdict no", "verdict none", "arm 0000", "arm 12345", "arm 1 2", "set", "set a b",
        "set sweep_mm_s", "set sweep_mm_s 10", "set sweep_mm_s x", "set sweep_mm_s 300 1", "get nothing",
        "key zz",
        "key " + "AB" * 32, "key " + "ab" * 31, "telemetry", "telemetry maybe", "pinpoint", "log x", "log 0",
        "log 1001",
        "name a b", "name -x", "name " + "n" * 25, "name r/7", "name r=7", "clock 0", "clock now",
        "clock 1735689599", "clock 4102444800", "clock 1790000000 0",
        "digest", "digest 0", "digest x 256", "digest 0 0", "digest 0 255", "digest 1 256", "digest -256 256",
        "digest 0 65792", "digest 2097152 256", "digest 2096896 512", "digest 0 256 1",
        "disarm now", "save it", "reboot now", "repl x", "@", "@1", "@1 x stop", "@0 0000000000000000 arm", "help fly",
        "\x7f", "*", "ok", "err x: y", "> status",
    ],
)  # fmt: skip
@pytest.mark.parametrize("state", [SAFE, ARMED, STOPPED], ids=["SAFE", "ARMED", "STOPPED"])
def test_a_bad_line_is_refused_with_a_remedy_and_changes_nothing(bench, line, state):
    if state == ARMED and line.startswith("arm"):
        pytest.skip("armed already: `arm` says so")
    in_state(bench, state)
    before = standing(bench.app)
    answer = bench.last(line)
    if line != "\x7f":
        assert answer.startswith("err "), answer
        name, _, text = answer[4:].partition(": ")
        assert name.isidentifier() and len(text) > 3
    assert standing(bench.app) == before


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12),
            st.sampled_from([name for name in ROWS if name not in ("stop", "disarm")]),
            st.integers().map(str),
            st.sampled_from([row[0] for row in TABLE]),
        ),
        max_size=5,
    ).map(" ".join)
)
def test_unsigned_lines_on_the_radio_change_nothing_but_stop(bench, line):
    """One bench for all examples: what one leaves behind, the next would see."""
    before = standing(bench.app)
    reader = bench.app.links[RADIO].reader
    bench.say(line, RADIO, ticks=SHARE_EVERY_TICKS + 1)  # slowly enough that it is no flood, and each is looked at
    assert not reader.dropped() or reader.why_dropped() != "flood"
    assert (standing(bench.app) == before) != (line.split()[:1] == ["stop"])
    if bench.app.state == STOPPED:
        bench.say("disarm")


def test_every_command_that_changes_something_is_refused_unsigned_on_the_radio(bench):
    for row in COMMANDS:
        if row[3] not in ("any", "still"):
            # slowly enough that it is no flood
            answer = bench.last(EXAMPLES.get(row[0], row[0]), RADIO, ticks=10)
            assert answer.startswith("err unsigned: "), (row[0], answer)
    assert bench.app.state == SAFE


@pytest.mark.parametrize("state", range(len(STATES)), ids=STATES)
def test_long_answers_are_for_anyone_on_the_radio_while_nothing_moves_and_for_signed_lines_then(bench, state):
    """Over USB always. The flood on the virtual Pico shows what they would cost there."""
    moves = STATES[state] in ("TELEOP", "SWEEP")
    for name in ("help", "get", "diff", "dump", "log"):
        assert ROWS[name][3] == "still"
        in_state(bench, state)
        answer = bench.last(name, RADIO, ticks=20)
        assert answer.startswith("err unsigned: ") if moves else answer == "ok", (name, answer)
        assert bench.last(name, USB, ticks=20) == "ok", name
        assert bench.app.state == state
        bench.say("disarm")


def test_stop_is_taken_from_anyone_even_with_words_behind_it(bench):
    for port, line in ((RADIO, "stop"), (USB, "stop please")):
        in_state(bench, ARMED)
        assert bench.last(line, port) == "ok state=STOPPED"
        assert bench.last("disarm") == "ok state=SAFE"


def test_arming_takes_the_code_in_time_on_the_same_link(bench):
    bench.board.inputs.key = 1
    bench.tick(300)
    code = bench.last("arm")[8:12]
    wrong = f"{(int(code) + 1) % 10000:04}"
    assert bench.last("arm " + wrong).startswith("err code")
    assert bench.last("arm " + code).startswith("err code"), "a wrong answer spends the code"
    code = bench.last("arm")[8:12]
    bench.tick(510)
    assert bench.last("arm " + code).startswith("err code"), "late"
    assert bench.app.state == SAFE
    code = bench.last("arm")[8:12]
    assert bench.last("arm " + code) == "ok state=ARMED"


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (lambda b: setattr(b.board.inputs, "key", 0), "key"),
        (lambda b: setattr(b.board.inputs, "loop", 0), "loop"),
        (
            lambda b: (setattr(b.board.acquisition, "alive", False), b.tick(limits.NO_FRAME_MS // limits.TICK_MS)),
            "frames",
        ),
        (lambda b: b.board.pulser.stop(), "pulser"),
        (lambda b: setattr(b.board.interlock, "enabled", lambda: 1), "interlock"),
        (lambda b: setattr(b.app, "settings_error", "settings.txt: broken"), "settings"),
        (lambda b: setattr(b.app.detector.health, "fault", 4), "detector"),
        (lambda b: setattr(b.board.encoders[0], "delta", lambda: 1), "standing"),
        (lambda b: b.board.acquisition.frame.__setitem__(3, 30448), "supply"),
    ],
)
@pytest.mark.parametrize("when", ["before the code", "after the code"])
def test_each_pre_arm_check_alone_keeps_it_from_arming_and_is_named(bench, spoil, check, when):
    bench.board.inputs.key = 1
    bench.tick(300)
    app = bench.app
    code = bench.last("arm")[8:12] if when == "after the code" else ""
    spoil(bench)
    said = bench.say(("arm " + code).strip())
    lines = [line for line in said.split("\r\n") if line.startswith(("  ", "err ", "ok"))]
    assert [line for line in lines if line.startswith("  ")] == [
        line for line in lines if line.startswith(f"  {check}: ")
    ]
    assert len(lines) == 2 and lines[-1].startswith("err checks: "), lines
    assert app.state == SAFE and not any(motor.engaged for motor in bench.board.motors)


def test_ticks_that_lie_between_two_frames_do_not_keep_it_from_arming(bench):
    """Where a tick looks just as a frame is completed, as after a jump of the clock, the next tick finds it instead."""
    bench.board.inputs.key = 1
    bench.tick(300)
    app = bench.app
    code = bench.last("arm")[8:12]
    app.watch.frame_age = 1
    answer = app.console._run(app.links[USB], "arm " + code, True)
    assert answer is app.text and answer.text() == "ok state=ARMED"


def test_no_line_shows_the_key(bench):
    key = "0123456789abcdef" * 4
    assert bench.last("key " + key).startswith("ok key=")
    shown = ""
    for line in ("key", "nonce", "loop", "dump", "diff", "get", "status", "version", "help", "log 100", "selftest"):
        shown += bench.say(line, ticks=80)
    assert key not in shown and key[:16] not in shown


def test_a_name_is_told_kept_and_taken_away(bench):
    assert bench.last("name") == "ok name=none"
    assert bench.last("name Rover_7.b-2") == "ok name=Rover_7.b-2"
    assert Bench().last("name") == "ok name=Rover_7.b-2"
    assert bench.last("version").endswith(" name=Rover_7.b-2")
    assert bench.last("name none") == "ok name=none"
    assert Bench().last("name") == "ok name=none"


@pytest.mark.parametrize("spoilt", [b"", b"a b", b"\xff\xfe", b"n" * 25, b"x\n", b"none", bytes(24)])
def test_a_spoilt_name_is_none(bench, spoilt):
    with open(name_file.PATH, "wb") as file:
        file.write(spoilt)
    assert bench.last("name") == "ok name=none"


def test_the_clock_is_unset_until_it_is_set(bench):
    assert bench.last("clock").startswith("ok clock=unset t_ms=")
    for moment in (1735689600, 1790000000, 1803859199, 4102444799):
        assert bench.last(f"clock {moment}").startswith(f"ok epoch={moment} t_ms=")
        Time.now_s += 5
        if moment < clock.LATEST_S:
            assert bench.last("clock").startswith(f"ok epoch={moment + 5} t_ms=")


@pytest.mark.parametrize(("offset", "length"), [(0, 256), (4096, 65536), (2031616, 65536), (2096896, 256)])
def test_digest_is_the_sha_256_of_that_flash(bench, offset, length):
    assert bench.last(f"digest {offset} {length}") == "ok sha256=" + sha256(FLASH[offset : offset + length]).hexdigest()


def test_usb_only_commands_are_refused_on_the_radio_even_signed(bench):
    from sapper.crypto.signing import Signer

    key = bytes(range(32))
    bench.app.new_key(key)
    signer = Signer(key, bench.app.gate.nonce)
    counter = 0
    for row in COMMANDS:
        if row[3] == "usb":
            counter += 1
            line = EXAMPLES.get(row[0], row[0])
            assert bench.last(signer.sign(counter, line), RADIO).startswith("err link: "), row[0]
    assert bench.app.leave_for == ""


def test_the_link_that_did_not_arm_may_stop_and_disarm_and_look_but_not_drive(bench):
    from sapper.crypto.signing import Signer

    key = bytes(range(32))
    bench.app.new_key(key)
    signer = Signer(key, bench.app.gate.nonce)
    in_state(bench, ARMED)
    assert bench.last(signer.sign(1, "drive 100 0"), RADIO).startswith("err owner: ")
    assert bench.last(signer.sign(2, "ping"), RADIO).startswith("err owner: ")
    assert bench.last("status", RADIO).startswith("ok state=ARMED")
    assert bench.last(signer.sign(3, "disarm"), RADIO) == "ok state=SAFE"


def test_a_drive_command_out_of_a_flood_is_not_carried_out(bench):
    in_state(bench, ARMED)
    bench.ports[USB].waiting = b"ping\n" * 60 + b"drive 300 0\n" * 60
    bench.tick(20)
    assert "err behind: " in bench.ports[USB].sent.decode()


def test_flash_is_written_only_disarmed_and_without_the_watchdog(bench):
    seen = []
    bench.app.on_flash(lambda: seen.append(bench.board.watchdog.running))
    assert seen == [False] and bench.board.watchdog.running
    in_state(bench, ARMED)
    with pytest.raises(RuntimeError):
        bench.app.on_flash(lambda: seen.append(1))
    assert len(seen) == 1


def test_after_a_mission_the_log_is_saved_once_and_can_be_read(bench):
    in_state(bench, SWEEP)
    for _ in range(4):
        bench.app.upkeep()
    assert bench.last("log saved") == "ok" and "  " not in bench.say("log saved"), "nothing is written while armed"
    bench.say("stop")
    bench.app.upkeep()
    assert "to=STOPPED" not in bench.say("log saved", ticks=30), "not at once: the operator is told first"
    for _ in range(4):
        bench.app.upkeep()
        bench.tick(3)
    saved = bench.say("log saved", ticks=30)
    assert "to=SWEEP" in saved and "to=STOPPED" in saved
    texts = [bench.app.log.text(n) for n in range(bench.app.log.oldest(), bench.app.log.next)]
    assert len([text for text in texts if " log " in text]) == 1


def test_the_log_that_was_saved_is_told_by_its_last_events_number_as_that_was_told(bench):
    log = bench.app.log
    log.next = log._first = 65_534
    in_state(bench, SWEEP)
    bench.say("stop")
    for _ in range(6):
        bench.app.upkeep()
    [told] = bench.told("log")
    assert told["saved"] == bench.told("state")[-1]["number"] == told["number"] - 1 < 64


@pytest.mark.parametrize("silent_ms", [1000, 60_000, 5_400_000])
def test_a_lost_link_is_survived_and_told_when_it_comes_back(bench, silent_ms):
    """1 s is nothing; longer stops the rover, and on return the operator hears for how long and why it stands."""
    in_state(bench, SWEEP)
    bench.say("ping", ticks=1)
    bench.tick(min(silent_ms, 10_000) // 10)
    bench.app.watch._heard_age_ms += max(0, silent_ms - 10_000)  # the rest of the time, standing
    assert bench.app.state == (SWEEP if silent_ms == 1000 else STOPPED)
    answer = bench.say("ping", ticks=8)
    if silent_ms > 1000:
        assert "link s_mm=" in answer and "up=1" in answer
        away = int(answer.split("away_ms=")[-1].split()[0])
        assert abs(away - silent_ms) < 200
        log = bench.say("log 20", ticks=40)
        assert "up=0" in log and "to=STOPPED from=SWEEP reason=link_lost" in log


@pytest.mark.parametrize("spoil", ["1_0", "1__0", "0_", "+5", "0x10", "1e3", "5.0", "--5", "-"])
@pytest.mark.parametrize(
    "line",
    ["set arm_idle_s {}", "log {}", "digest {} 256", "digest 0 {}", "clock {}", "drive {} 0", "drive 0 {}", "sweep {}"],
)
def test_numbers_are_plain_digits_in_every_command(line, spoil):
    bench = Bench()
    if line.split()[0] in ("drive", "sweep"):
        bench.to(ARMED)
    before = bench.app.settings.diff()
    assert bench.last(line.format(spoil)).startswith(("err value", "err setting"))
    assert bench.app.settings.diff() == before


def test_loop_tells_of_ticks_in_motion_how_many_began_how_late_and_took_how_long():
    bench = Bench()
    assert bench.last("loop") == "ok late_p999_us=0 late_max_us=0 tick_p999_us=0 tick_max_us=0"
    bench.to(SWEEP)
    for late_us, tick_us in [(40, 3000)] * 1999 + [(70, 3000), (900, 9000)]:
        bench.app.stats.add(late_us, tick_us)
    bench.app.raise_event("cmd_stop")
    bench.app.stats.add(5000, 50_000)
    assert bench.say("loop", ticks=10).split("\r\n")[:6] == [
        "  late from=32 ticks=1999",
        "  late from=64 ticks=1",
        "  late from=896 ticks=1",
        "  tick from=2816 ticks=2000",
        "  tick from=8960 ticks=1",
        "ok late_p999_us=64 late_max_us=900 tick_p999_us=3072 tick_max_us=9000",
    ]


def test_cache_tells_what_was_asked_of_the_flash_cache_and_begins_anew(bench):
    bench.board.cache.counts = (0xFFFFFFFF, 0x12345678)
    assert bench.last("cache") == "ok accesses=4294967295 hits=305419896"
    assert bench.last("cache") == "ok accesses=0 hits=0"
