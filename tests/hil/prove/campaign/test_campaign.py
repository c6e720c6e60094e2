"""A campaign replays every trace of a folder, skips what it cannot use, goes on where it was stopped, and tells."""

import json
import re
from pathlib import Path

import pytest
from folder_of_traces import GOOD, write_bad, write_good

from hil.errors import HilError
from hil.prove.campaign import workers
from hil.prove.campaign.campaign import Campaign
from hil.prove.campaign.jobs import Conditions, Job, find_traces
from hil.prove.campaign.lane import run as run_lane
from sapper_host.cli import main
from sapper_host.errors import Status

pytestmark = pytest.mark.sil


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, int]:
    """Folder, results and exit status of a campaign over good and bad traces."""
    folder, out = tmp_path_factory.mktemp("lanes"), tmp_path_factory.mktemp("results")
    write_good(folder)
    write_bad(folder)
    return folder, out, main(["campaign", str(folder), "--out", str(out), "--jobs", "2"])


def test_bad_traces_are_named_with_their_reason_and_the_others_still_run(
    finished: tuple[Path, Path, int], tmp_path: Path
) -> None:
    _, out, status = finished
    assert status == Status.BAD_INPUT
    summary = json.loads((out / "summary.json").read_text())
    expected = write_bad(tmp_path)
    assert set(summary["skipped"]) == set(expected)
    for name, word in expected.items():
        assert word in summary["skipped"][name], summary["skipped"][name]
        assert name in summary["skipped"][name]
    assert summary["traces"] == len(GOOD)
    assert summary["all"]["detection"]["hits"] == 2
    assert summary["all"]["area_m2"] == 5.0


def test_each_result_has_what_a_replay_gives_and_its_score(finished: tuple[Path, Path, int]) -> None:
    _, out, _ = finished
    for name in GOOD:
        result = json.loads((out / f"{name}.json").read_text())
        assert {"rig", "firmware", "trace", "duration_s", "events", "outputs", "cpu_load", "heap_free_min"} <= set(
            result
        )
        (target,) = result["score"]["targets"]
        assert target["found"] and abs(target["error_m"]) < 0.1
        (contact,) = [event for event in result["events"] if event["kind"] == "contact"]
        assert contact["s_m"] == pytest.approx(3.0, abs=0.1)


def test_the_report_is_one_page_that_needs_nothing_else(finished: tuple[Path, Path, int]) -> None:
    page = (finished[1] / "report.html").read_text()
    assert page.count("<svg") == 6
    assert not re.search(r'(src|href)="(?!#)', page.replace("xlink:href", "href"))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for name in ("gap", "no_truth", *GOOD):
        assert name in page


def test_detection_only_falls_as_the_threshold_rises(finished: tuple[Path, Path, int]) -> None:
    summary = json.loads((finished[1] / "summary.json").read_text())
    curve = summary["all"]["curve"]
    assert [point["level"] for point in curve] == sorted(point["level"] for point in curve)
    detections = [point["detection"] for point in curve]
    assert detections == sorted(detections, reverse=True)
    assert detections[0] == 1.0


def test_a_second_campaign_keeps_what_is_there_and_redoes_what_changed(tmp_path: Path) -> None:
    folder, out = tmp_path / "lanes", tmp_path / "out"
    folder.mkdir()
    write_good(folder)
    told: list[tuple[str, str]] = []

    def campaign(**options: object) -> None:
        told.clear()
        Campaign(folder, out, curve=False, **options).run(lambda *row: told.append(row))  # type: ignore[arg-type]

    campaign()
    assert dict(told) == dict.fromkeys(GOOD, "done")
    campaign()
    assert dict(told) == dict.fromkeys(GOOD, "kept")
    truth = json.loads((folder / "lane_b.truth.json").read_text())
    truth["targets"][0]["name"] = "another"
    (folder / "lane_b.truth.json").write_text(json.dumps(truth))
    (out / "lane_a.json").write_text('{"half a')  # as a machine that died would leave it
    campaign()
    assert dict(told) == dict.fromkeys(GOOD, "done")
    campaign(settings=(("det_far_per_100m2", 10),))
    assert dict(told) == dict.fromkeys(GOOD, "done")


def test_a_trace_that_has_gone_bad_leaves_no_result(tmp_path: Path) -> None:
    write_good(tmp_path)
    (tmp_path / "lane_b.csv").unlink()
    out = tmp_path / "out"
    Campaign(tmp_path, out, curve=False).run(lambda *_: None)
    assert (out / "lane_a.json").exists()
    (tmp_path / "lane_a.truth.json").unlink()
    summary = Campaign(tmp_path, out, curve=False).run(lambda *_: None)
    assert list(summary["skipped"]) == ["lane_a"]
    assert not (out / "lane_a.json").exists()


# A busy machine may take long over anything, but nothing here may depend on how long: neither connecting nor starting
# a worker, nor a worker's life (it is silent while its machine is busy) or memory (others' use of it would pause it).
PATIENT = {
    "distributed.comm.timeouts.connect": "300s",
    "distributed.comm.timeouts.tcp": "300s",
    "distributed.scheduler.worker-ttl": None,
}


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_results_as_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dask
    from distributed import LocalCluster

    monkeypatch.setattr(workers, "_CONNECT_S", "300s")
    write_good(tmp_path)
    told = {}
    with (
        dask.config.set(PATIENT),
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
        ) as cluster,
    ):
        for way, scheduler in (("cluster", cluster.scheduler_address), ("processes", None)):
            campaign = Campaign(tmp_path, tmp_path / way, curve=False, scheduler=scheduler)
            campaign.run(lambda *_: None)
            assert campaign.skipped == {}, way
            told[way] = {name: result["events"] for name, result in campaign.results.items()}
    assert told["cluster"] == told["processes"]


def test_no_scheduler_at_the_address_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_CONNECT_S", "1s")
    job = Job("x", "x.csv", Conditions("sil", (), 0, ""))
    with pytest.raises(HilError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        list(workers.on_cluster([job], "tcp://127.0.0.1:9"))


@pytest.mark.unit
def test_a_folder_without_traces_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HilError, match="holds no traces"):
        find_traces(tmp_path)
    with pytest.raises(HilError, match="is no folder"):
        find_traces(tmp_path / "nowhere")
    (tmp_path / "a.csv").touch()
    (tmp_path / "a.mcap").touch()
    with pytest.raises(HilError, match="same name"):
        find_traces(tmp_path)


@pytest.mark.unit
def test_a_missing_file_is_a_reason_not_an_end(tmp_path: Path) -> None:
    record = run_lane(Job("gone", str(tmp_path / "gone.csv"), Conditions("sil", (), 0, "")))
    assert "gone.csv" in record["skipped"]


@pytest.mark.unit
def test_a_wrong_setting_or_rig_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["campaign", str(tmp_path), "--out", str(tmp_path / "o"), "--set", "sweep_mm_s=9"]) == Status.USAGE
    assert "sweep_mm_s = 9 is outside" in capsys.readouterr().err
    assert main(["campaign", str(tmp_path), "--out", str(tmp_path / "o"), "--rig", "nowhere"]) == Status.USAGE
