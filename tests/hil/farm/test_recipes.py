"""The recipes for CI: one job a bench, in a time, its report kept, nothing of strangers, commands that there are."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sapper_host.files.checkout import DOCS, ROOT

GITHUB, GITLAB = DOCS / "ci" / "github.yml", DOCS / "ci" / "gitlab.yml"
BOTH = pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=lambda path: path.stem)
TAG = "sapper-bench"
MOST_MIN = 90

pytestmark = pytest.mark.unit


def github() -> tuple[dict[Any, Any], dict[str, Any]]:
    """The workflow and its one job. YAML 1.1 reads its `on` as true."""
    whole = yaml.safe_load(GITHUB.read_text())
    (job,) = whole["jobs"].values()
    return whole, job


def gitlab() -> dict[str, Any]:
    (job,) = yaml.safe_load(GITLAB.read_text()).values()
    return job  # type: ignore[no-any-return]


def commands(path: Path) -> list[str]:
    if path == GITLAB:
        return list(gitlab()["script"])
    return [step["run"] for step in github()[1]["steps"] if "run" in step]


def test_github_runs_on_the_benchs_own_runner_one_at_a_time() -> None:
    _, job = github()
    assert {"self-hosted", TAG} <= set(job["runs-on"])
    assert job["concurrency"]["group"].startswith(TAG) and job["concurrency"]["cancel-in-progress"] is False
    assert 0 < job["timeout-minutes"] <= MOST_MIN


def test_gitlab_runs_on_the_benchs_own_runner_one_at_a_time() -> None:
    job = gitlab()
    assert job["tags"] == [TAG]
    assert job["resource_group"].startswith(TAG) and job["interruptible"] is False
    minutes = re.fullmatch(r"(\d+) minutes", job["timeout"])
    assert minutes and 0 < int(minutes[1]) <= MOST_MIN
    assert job["retry"] == 0


def test_the_report_is_kept_whatever_became_of_the_job() -> None:
    step = github()[1]["steps"][-1]
    assert step["if"] == "always()" and step["uses"].startswith("actions/upload-artifact@")
    kept = gitlab()["artifacts"]
    assert kept["when"] == "always" and kept["reports"]["junit"].startswith(kept["paths"][0])
    for path, folder in ((GITHUB, step["with"]["path"]), (GITLAB, kept["paths"][0])):
        assert f"--rig-report {folder}" in commands(path)[-1]


def test_strangers_do_not_run_at_a_bench_and_nobody_gets_secrets() -> None:
    whole, job = github()
    assert set(whole[True]) <= {"push", "workflow_dispatch", "schedule"}
    assert whole["permissions"] == {"contents": "read"} and "permissions" not in job
    assert job["steps"][0]["with"]["persist-credentials"] is False
    assert [rule["if"] for rule in gitlab()["rules"]] == ['$CI_COMMIT_REF_PROTECTED == "true"']
    for path in (GITHUB, GITLAB):
        live = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
        assert not re.search(r"secrets\.|TOKEN|PASSWORD|[^_]KEY", "\n".join(live))


@BOTH
def test_what_is_made_can_be_made(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = shlex.split(commands(path)[0])
    assert made[0] == "make" and set(made[1:]) <= targets
    assert "farm" in made, "labgrid's environment"


@BOTH
def test_the_scenarios_are_run_with_options_that_there_are(path: Path) -> None:
    words = shlex.split(commands(path)[-1])
    plugins = [f"-p{words[i + 1]}" for i, word in enumerate(words) if word == "-p"]
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout
    for option in [word for word in words if word.startswith("--")]:
        assert re.search(rf"^\s+{option}[ =,\n]", shown, re.MULTILINE), option
    assert all((ROOT / word).exists() for word in words if word.startswith("hil/"))
