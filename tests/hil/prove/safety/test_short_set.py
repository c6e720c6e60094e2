"""A moment of each of the chief safety scenarios on the virtual Pico; `make safety` runs all, at many moments."""

import json
from unittest.mock import MagicMock

import pytest

from hil.errors import HilError
from hil.prove.safety import __main__ as safety
from hil.prove.safety import coverage, report
from hil.prove.safety.faults import FAULTS, RAISES
from hil.prove.safety.motors import not_as
from hil.prove.safety.scenarios import SCENARIOS, SHORT, needs
from hil.prove.safety.stage import open_stage
from hil.prove.safety.timeline import Timeline, longest_zero_ns, settled_from, value_at
from hil.prove.safety.trial import Trial, run_trial
from hil.rigs.registry import RIGS, why_not
from sapper_host.files.checkout import DOCS
from sapper_host.limits import LIMITS

CHOSEN = [scenario for scenario in SCENARIOS if scenario.name in SHORT and scenario.start != "tick"] + [
    scenario
    for scenario in SCENARIOS
    if scenario.name in SHORT and scenario.limit_us == 60_000 and scenario.start == "tick"
]


@pytest.fixture(scope="module")
def stage(firmware):
    with open_stage("virtual", firmware, seed=3) as stage:
        yield stage


@pytest.mark.virtual
@pytest.mark.xdist_group("safety")
@pytest.mark.parametrize("scenario", CHOSEN, ids=[f"{scenario.name} ({scenario.limit_us} us)" for scenario in CHOSEN])
def test_it_is_kept(stage, scenario):
    trial = run_trial(stage, scenario, seed=11)
    assert trial.latency_us is not None, f"it never happened; {trial.wrong}"
    assert trial.latency_us <= scenario.limit_us
    assert trial.wrong == "" and trial.repeats == ()


@pytest.mark.virtual
@pytest.mark.xdist_group("safety")
def test_the_log_tells_after_a_watchdog_reset_what_led_to_it(stage):
    stage.to("SWEEP")
    stage.rig.cpu.hang(interrupts_on=False)
    stage.run(1_300_000_000)
    assert [cause for _, cause in stage.rig.reset_causes()][-1] == "watchdog-timer"
    stage.safe(resets=True)
    assert stage.repeats == []
    _, lines = stage.operator.ask("log 30")
    told = "\n".join(lines)
    assert "to=SWEEP from=ARMED" in told and "cause=watchdog" in told
    assert told.index("to=SWEEP") < told.index("cause=watchdog")


@pytest.mark.virtual
@pytest.mark.xdist_group("safety")
def test_a_reboot_that_is_no_part_of_the_fault_is_told(stage):
    stage.rig.power_cut()
    stage.safe()
    assert stage.repeats == ["booted again: it had lost its power or was reset"]
    stage.repeats.clear()


@pytest.mark.unit
@pytest.mark.parametrize(
    ("state", "enable", "duties", "speeds_m_s", "wrong"),
    [
        ("SWEEP", 1.0, (0.3, 0.3), (0.2, 0.2), ""),
        ("TELEOP", 1.0, (0.3, 0.3), (0.2, 0.0), "right track at duty 0.30, 0.00 m/s"),
        ("SWEEP", 1.0, (0.0, 0.3), (0.2, 0.2), "left track at duty 0.00, 0.20 m/s"),
        ("SWEEP", 0.0, (0.3, 0.3), (0.2, 0.2), "MOTOR_EN is low"),
        ("ARMED", 1.0, (0.0, 0.0), (0.0, 0.0), ""),
        ("ARMED", 1.0, (0.1, 0.0), (0.0, 0.0), "left track at duty 0.10, 0.00 m/s"),
        ("SAFE", 1.0, (0.0, 0.0), (0.0, 0.0), "MOTOR_EN is high"),
    ],
)
def test_a_state_is_reached_when_pins_and_tracks_show_it(state, enable, duties, speeds_m_s, wrong):
    timeline = Timeline()
    timeline.enable.append((1, enable))
    for row, duty in zip(timeline.duty, duties, strict=True):
        row.append((1, duty))
    assert not_as(state, timeline, speeds_m_s) == wrong


@pytest.mark.unit
def test_every_scenarios_fault_exists_and_every_fault_is_used():
    used = {scenario.fault for scenario in SCENARIOS}
    assert used == {*FAULTS, RAISES}
    assert len({(scenario.name, scenario.limit_us) for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.unit
def test_every_fault_asked_for_is_put_in_in_both_moving_states_or_says_why_not():
    asked = [fault for _, faults in coverage.ASKED for fault in faults]
    assert sorted(asked) == sorted({*FAULTS, RAISES})
    for fault in asked:
        states = coverage.used(fault)
        if fault in coverage.ELSEWHERE:
            assert states == (coverage.ELSEWHERE[fault].partition(":")[0].removeprefix("in "),)
        else:
            assert {"SWEEP", "TELEOP"} <= set(states), fault


@pytest.mark.unit
def test_every_promise_has_rows_that_measure_it_and_the_page_tells_which():
    promised = {row.name for row in LIMITS.values() if "make safety" in row.measured_by.split(", ")}
    assert promised == {scenario.limit.name for scenario in SCENARIOS}
    page = (DOCS / "safety.md").read_text(encoding="utf-8")
    assert coverage.filled(page) == page, "run `python -m hil.prove.safety.coverage`"


@pytest.mark.unit
def test_the_short_set_names_scenarios():
    assert set(SHORT) <= {scenario.name for scenario in SCENARIOS}


@pytest.mark.unit
def test_a_step_functions_zeros():
    row = [(0, 0.0), (10, 1.0), (20, 0.0), (30, 1.0), (40, 0.0)]
    assert value_at(row, 15) == 1 and value_at(row, 20) == 0
    assert settled_from(row, 12) == 40 and settled_from(row, 45) == 45
    assert settled_from(row[:-1], 12) is None
    assert longest_zero_ns(row, 5, 50) == 10 and longest_zero_ns(row, 5, 55) == 15
    assert longest_zero_ns(row, 12, 38) == 10 and longest_zero_ns(row, 12, 18) == 0


@pytest.mark.unit
def test_a_missed_limit_fails_the_row_and_the_command_says_so(tmp_path, monkeypatch, capsys):
    scenario = SCENARIOS[0]

    def trial(latency_us, wrong=""):
        row = ((0, 1.0), (1000, 0.0))
        return Trial(scenario, 1, latency_us, wrong, 100, 100, row, (row, row), ((0, "SWEEP"), (900, "STOPPED")))

    good, late, never, wrong = trial(50.0), trial(scenario.limit_us + 1.0), trial(None), trial(50.0, "MOTOR_EN is high")
    for group, ok in (([good, good], True), ([good, late], False), ([good, never], False), ([good, wrong], False)):
        rows = report.rows(group)
        assert rows[0].ok is ok
        report.write(rows, tmp_path, "x")
        assert json.loads((tmp_path / "safety.json").read_text())[0]["ok"] is ok
        assert "<svg" in (tmp_path / "safety.html").read_text()
        monkeypatch.setattr(safety, "measure_all", lambda *_, group=group: iter([("x", group)]))
        arguments = ["--firmware", "none.uf2", "--only", scenario.name, "--output", str(tmp_path)]
        assert safety.main(arguments) == (0 if ok else 3)
        capsys.readouterr()


def a_trial(scenario, latency_us=50.0, repeats=()):
    row = ((0, 1.0), (1000, 0.0))
    return Trial(scenario, 1, latency_us, "", 100, 100, row, (row, row), ((0, "SWEEP"), (900, "STOPPED")), repeats)


@pytest.mark.unit
def test_a_moment_that_took_a_new_board_is_measured_told_stored_and_fails_its_row(tmp_path, monkeypatch, capsys):
    scenario, boards = SCENARIOS[0], []

    def run_trial(stage, scenario, seed):
        if len(boards) == 1 and seed == 1001:
            raise HilError("the board is gone")
        return a_trial(scenario)

    monkeypatch.setattr(safety, "stage_at", lambda *_, fresh=False: boards.append(fresh) or MagicMock(version="x"))
    monkeypatch.setattr(safety, "run_trial", run_trial)
    version, trials = safety.measure(("virtual", None), scenario, 3, 1)
    assert boards == [False, True] and [trial.ok for trial in trials] == [True, False, True]
    assert trials[1].kept and trials[1].repeats == ("on a new board: the board is gone",)
    monkeypatch.setattr(safety, "measure_all", lambda *_: iter([(version, trials)]))
    assert safety.main(["--firmware", "none.uf2", "--only", scenario.name, "--output", str(tmp_path)]) == 3
    said = capsys.readouterr().out
    assert "TRIED AGAIN: on a new board: the board is gone" in said and "1 missed; 1 TIMES TRIED AGAIN" in said
    row = json.loads((tmp_path / "safety.json").read_text())[0]
    assert row["tried_again"] == ["on a new board: the board is gone"] and not row["ok"]
    assert "1 times tried again" in (tmp_path / "safety.html").read_text()


@pytest.mark.unit
def test_a_row_that_the_rig_lacks_the_means_for_is_told_as_not_run_and_never_as_kept(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(safety, "measure_all", lambda _, scenarios, *rest: iter(asked.append(scenarios) or ()))
    arguments = ["--rig", "sil", "--only", "hang, interrupts on, in SWEEP", "--output", str(tmp_path)]
    assert safety.main(arguments) == 3
    assert asked == [[]]
    said = capsys.readouterr().out
    assert "not run: needs Time, which sil does not offer" in said and "2 NOT RUN" in said
    rows = json.loads((tmp_path / "safety-sil.json").read_text())
    assert [row["ok"] for row in rows] == [False, False] and all("Time" in row["not_run"] for row in rows)
    assert {row["rig"] for row in rows} == {"sil"}
    assert "not run: needs" in (tmp_path / "safety-sil.html").read_text()


@pytest.mark.unit
def test_a_report_of_another_rig_is_told_beside_this_one_row_by_row(tmp_path, monkeypatch, capsys):
    scenario = next(s for s in SCENARIOS if s.name == "hang, interrupts on, in SWEEP" and s.start == "tick")
    report.write(report.rows([a_trial(scenario, 50_100.0)]), tmp_path, "x")
    there = tmp_path / "safety.json"
    monkeypatch.setattr(safety, "measure_all", lambda *_: iter([("x", [a_trial(scenario, 51_400.0)])]))
    arguments = ["--firmware", "none.uf2", "--only", scenario.name, "--output", str(tmp_path / "here")]
    assert safety.main([*arguments, "--against", str(there)]) == 0
    told = next(line for line in capsys.readouterr().out.splitlines() if "(after virtual)" in line)
    assert scenario.name in told and told.split()[-6:-3] == ["51.4", "ms", "+1.3"]
    page = (tmp_path / "here" / "safety.html").read_text()
    assert "Beside 'virtual'" in page and "+1.3 ms" in page
    assert json.loads(there.read_text())[0]["rig"] == "virtual"
    for spoilt in ("[]x", '[{"requirement": "x", "worst_us": "soon"}, 1]', '{"a": 1}'):
        there.write_text(spoilt)
        assert safety.main([*arguments, "--against", str(there)]) == 1
        assert "is no report of safety rows" in capsys.readouterr().err


@pytest.mark.unit
def test_a_benchs_file_is_of_the_rig_bench_alone_and_one_board_is_asked_at_a_time(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        safety.main(["--bench", "mine.toml", "--only", SCENARIOS[0].name])
    assert "say --rig bench, too" in capsys.readouterr().err
    asked = []
    monkeypatch.setattr(safety, "measure_all", lambda where, *rest: iter(asked.append((where, rest[-1])) or ()))
    safety.main(["--rig", "bench", "--bench", "mine.toml", "--only", SCENARIOS[0].name, "--output", str(tmp_path)])
    assert [(where.bench.name, jobs) for where, jobs in asked] == [("mine.toml", 1)]
    assert (tmp_path / "safety-bench.json").exists()


@pytest.mark.unit
def test_the_virtual_rig_can_be_asked_every_row_and_sil_none_that_counts_time():
    assert [s.name for s in SCENARIOS if why_not("virtual", needs(s))] == []
    on_sil = [s for s in SCENARIOS if not why_not("sil", needs(s, RIGS["sil"].offers))]
    assert on_sil and all(s.keeps or s.in_field for s in on_sil)
    assert all(s in on_sil for s in SCENARIOS if s.in_field), "the ground's truth counts no time"


@pytest.mark.unit
def test_asked_for_rows_that_are_none_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--short"], ["--canaries"]):
        with pytest.raises(SystemExit) as end:
            safety.main(["--only", "no such row", *more])
        assert end.value.code == 2 and "no such row" in capsys.readouterr().err
