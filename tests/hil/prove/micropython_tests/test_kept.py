"""Benchmarks are compared as ratios of the board's time; a run of all has to give the counts that are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from hil.prove.micropython_tests import page
from hil.prove.micropython_tests.expected import exemptions
from hil.prove.micropython_tests.judge import Outcome
from hil.prove.micropython_tests.kept import Kept
from hil.prove.micropython_tests.rooms import ROOMS
from sapper_host.files.checkout import DOCS

pytestmark = pytest.mark.unit


def run(**took_us: int) -> Kept:
    """What a run with these benchmarks gave."""
    others = [Outcome("float/one", "passed", 0.1), Outcome("float/two", "failed", 0.1)]
    timed = [Outcome(f"perf_bench/{name}", "passed", 1.0, measured_us=us, work=8) for name, us in took_us.items()]
    return Kept.of([*others, *timed])


def cold(kept: Kept, **took_us: int) -> Kept:
    """The same, with what these benchmarks take with nothing in RAM."""
    return replace(kept, cold_us={f"perf_bench/{name}": us for name, us in took_us.items()})


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "kept.toml"
    kept = replace(
        run(bm_fast=1000, bm_slow=90_000), cold_us={"perf_bench/bm_fast": 1500, "perf_bench/bm_slow": 90_001}
    )
    file.write_text(kept.as_toml())
    assert Kept.read(file) == kept
    assert kept.counts == {"float": (1, 1, 0), "perf_bench": (2, 0, 0)}


@pytest.mark.parametrize(("took_us", "told"), [(1000, False), (1240, False), (810, False), (1260, True), (790, True)])
def test_a_benchmark_that_takes_a_quarter_more_or_less_is_told(took_us: int, told: bool) -> None:
    lines = run(bm=1000).differences(run(bm=took_us), of_all=False)
    assert len(lines) == told
    if told:
        assert f"perf_bench/bm took {took_us / 1000:.2f} of what is kept (1000 us)" in lines[0]


@pytest.mark.parametrize(("took_us", "told"), [(100, False), (1870, False), (1880, True)])
def test_a_benchmark_is_slow_that_takes_a_quarter_more_than_with_nothing_in_ram(took_us: int, told: bool) -> None:
    kept = cold(run(bm=1000), bm=1500)
    lines = kept.slow(run(bm=took_us, new=10**9))
    assert lines == ["perf_bench/bm took 1880 us; with nothing in RAM it took 1500 us"] * told


def test_no_benchmark_that_is_kept_is_slow() -> None:
    kept = Kept.read()
    assert set(kept.cold_us) == set(kept.took_us) and kept.slow(kept) == []


def test_a_run_of_all_has_to_give_what_is_kept_and_a_run_of_some_only_what_it_ran() -> None:
    kept, now = run(bm=1000, gone=5), run(bm=1000, new=7)
    assert [line.split(" has ")[0] for line in kept.differences(now, of_all=False)] == ["perf_bench/new"]
    assert any("perf_bench/gone has a kept figure" in line for line in kept.differences(now, of_all=True))
    fewer = replace(kept, counts=kept.counts | {"float": (2, 1, 0)})
    assert any("float: (1, 1, 0)" in line for line in fewer.differences(kept, of_all=True))
    assert kept.differences(kept, of_all=True) == []


def test_a_real_picos_scores_are_turned_into_times_for_the_same_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = tmp_path / "pico.toml"
    scores.write_text('[scores]\n"perf_bench/bm" = 40.0\n')
    monkeypatch.setattr("hil.prove.micropython_tests.kept.PICO", scores)
    assert cold(run(bm=50_000), bm=100_000).against_pico() == {"perf_bench/bm": (200_000.0, 0.5)}


def test_the_virtual_pico_takes_about_what_a_real_one_took() -> None:
    """Another version and build: half of them lie within a fifth, and none is twice as fast or slow."""
    ratios = sorted(ratio for _, ratio in Kept.read().against_pico().values())
    assert len(ratios) == 13
    assert 0.8 < median(ratios) < 1.2
    assert ratios[0] > 0.5 and ratios[-1] < 2.0


def test_every_room_is_kept_and_every_failure_in_it_is_explained() -> None:
    kept = Kept.read()
    assert list(kept.counts) == list(ROOMS)
    for room, (passed, failed, skipped) in kept.counts.items():
        assert passed > 0
        explained = {row.result for row in exemptions() if any(test.startswith(f"{room}/") for test in row.tests)}
        assert explained == {result for result, count in (("failed", failed), ("skipped", skipped)) if count}


def test_the_tables_in_the_docs_are_of_what_is_kept() -> None:
    text = (DOCS / "rigs.md").read_text(encoding="utf-8")
    assert page.filled(text) == text, "stale; run `make docs`"
