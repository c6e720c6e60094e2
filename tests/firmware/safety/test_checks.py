"""Each check alone: what spoils it, at its bound, is told under its name with what to do, and by no other check."""

import gc

import pytest
from bench import Bench

from sapper.safety import checks
from sapper.safety.checks import PIECE, PRE_ARM, SELF_TEST, TRIAL, failures
from sapper.shared.events import FAULTS
from sapper.shared.limits import NO_FRAME_MS, SELF_TEST_HEAP_B, TICK_MS

pytestmark = pytest.mark.unit

TABLES = {"pre-arm": PRE_ARM, "self-test": SELF_TEST, "trial": TRIAL, "piece": PIECE}


@pytest.fixture
def bench(monkeypatch):
    """A board that could be armed. What it keeps in flash is tried where flash is."""
    monkeypatch.setattr(checks, "_flash", lambda app: "")
    bench = Bench()
    bench.board.inputs.key = 1
    bench.app.settings_error = ""
    bench.tick(5)
    return bench


def told(bench, table):
    """{name: text} of what does not hold."""
    rows = [row for row in table if row[0] != "flash"]
    return dict(failures(rows, bench.app))


def update_on_trial(bench, monkeypatch):
    monkeypatch.setattr(checks.running, "on_trial", lambda: True)


def no_storage(bench, monkeypatch):
    monkeypatch.setattr(checks.file_system, "problem", lambda: "no file system; `storage erase` makes one")


def bad_settings(bench, monkeypatch):
    bench.app.settings_error = "settings.txt: line 3"


def loop_open(bench, monkeypatch):
    bench.board.inputs.loop = 0


def key_off(bench, monkeypatch):
    bench.board.inputs.key = 0


def supply_low(bench, monkeypatch):
    bench.app.watch.vsys_mv = bench.app.settings.get("vsys_low_mv") - 1


def no_frame(bench, monkeypatch):
    bench.app.watch.frame_age = NO_FRAME_MS // TICK_MS


def no_pulses(bench, monkeypatch):
    bench.board.pulser.stop()


def detector_fault(bench, monkeypatch):
    bench.app.detector.health.fault = FAULTS.index("noise")


def rolling(bench, monkeypatch):
    bench.app.drive.speed_mm_s = -1


def motor_en_high(bench, monkeypatch):
    bench.board.interlock.up = 1


def no_test_piece(bench, monkeypatch):
    bench.app.settings.set("arm_needs_testpiece", 1)


def heap_short(bench, monkeypatch):
    monkeypatch.setattr(gc, "mem_free", lambda: SELF_TEST_HEAP_B - 1, raising=False)


def too_cold(bench, monkeypatch):
    bench.app.watch.temp_dc = -201


def too_hot(bench, monkeypatch):
    bench.app.watch.temp_dc = 851


class WrongImu:
    def self_test(self):
        return "gyro x moved by 0; change the IMU"


def imu_fails(bench, monkeypatch):
    bench.board.imu = WrongImu()


# What spoils it, its name, the tables that look, a word of the remedy.
ALONE = (
    (update_on_trial, "update", {"pre-arm"}, "restart"),
    (no_storage, "storage", {"pre-arm", "self-test", "trial"}, "storage erase"),
    (bad_settings, "settings", {"pre-arm", "self-test", "trial"}, "line 3"),
    (loop_open, "loop", {"pre-arm"}, "close it"),
    (key_off, "key", {"pre-arm"}, "turn it on"),
    (supply_low, "supply", {"pre-arm", "self-test"}, "4599 mV is below 4600 mV"),
    (no_frame, "frames", {"pre-arm", "self-test", "trial", "piece"}, "reboot"),
    (no_pulses, "pulser", {"pre-arm", "self-test", "trial", "piece"}, "settings"),
    (detector_fault, "detector", {"pre-arm", "self-test", "piece"}, "fault noise"),
    (rolling, "standing", {"pre-arm", "self-test", "piece"}, "rest"),
    (motor_en_high, "interlock", {"pre-arm", "self-test", "trial"}, "MOTOR_EN"),
    (no_test_piece, "testpiece", {"pre-arm"}, "`testpiece begin`"),
    (heap_short, "memory", {"self-test", "trial"}, f"{SELF_TEST_HEAP_B - 1} bytes free"),
    (too_cold, "temperature", {"self-test"}, "chip at -20.1 C"),
    (too_hot, "temperature", {"self-test"}, "chip at 85.1 C"),
    (imu_fails, "imu", {"self-test"}, "change the IMU"),
)


@pytest.mark.parametrize("table", TABLES)
def test_with_nothing_spoilt_all_hold(bench, table):
    assert told(bench, TABLES[table]) == {}


def test_a_board_on_which_no_field_was_begun_has_no_imu_to_test(bench):
    bench.board.imu = None
    assert told(bench, TABLES["self-test"]) == {}


@pytest.mark.parametrize(("spoil", "name", "tables", "word"), ALONE, ids=[row[0].__name__ for row in ALONE])
def test_each_alone_is_told_by_its_name_where_it_counts(bench, monkeypatch, spoil, name, tables, word):
    spoil(bench, monkeypatch)
    for table, rows in TABLES.items():
        said = told(bench, rows)
        assert set(said) == ({name} if table in tables else set()), table
        assert table not in tables or word in said[name]


# Those of files and of settings have their tests where these are.
ELSEWHERE = {"flash", "radio key", "team key", "together"}


def test_every_check_is_spoilt_here_but_those_of_files_and_settings():
    assert {name for rows in TABLES.values() for name, _ in rows} - ELSEWHERE == {row[1] for row in ALONE}


@pytest.mark.parametrize(
    "spare",
    [
        lambda b: setattr(b.app.watch, "vsys_mv", b.app.settings.get("vsys_low_mv")),
        lambda b: setattr(b.app.watch, "temp_dc", -200),
        lambda b: setattr(b.app.watch, "temp_dc", 850),
    ],
    ids=["supply", "cold", "hot"],
)
def test_at_its_bound_it_holds(bench, spare):
    spare(bench)
    assert all(told(bench, rows) == {} for rows in TABLES.values())


def test_a_heap_at_its_bound_holds(bench, monkeypatch):
    monkeypatch.setattr(gc, "mem_free", lambda: SELF_TEST_HEAP_B, raising=False)
    assert told(bench, SELF_TEST) == {}


def test_what_is_wrong_is_told_in_the_tables_order(bench, monkeypatch):
    for spoil in (motor_en_high, key_off, loop_open):
        spoil(bench, monkeypatch)
    assert list(told(bench, PRE_ARM)) == ["loop", "key", "interlock"]
