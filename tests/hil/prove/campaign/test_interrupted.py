"""A campaign that is stopped leaves no process behind, and goes on where it was."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from folder_of_traces import write_good

from hil.traces.synthetic import synthetic_trace
from sapper_host.files.checkout import ROOT
from sapper_host.recordings.trace import write_trace

pytestmark = [pytest.mark.sil, pytest.mark.slow]

SOURCES = (ROOT, ROOT / "firmware", ROOT / "firmware" / "cpython", ROOT / "host")


def descendants(pid: int) -> set[int]:
    """All processes that stem from pid."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found: set[int] = set()
    wanted = {pid}
    while wanted:
        wanted = {child for child, parent in parents.items() if parent in wanted} - found
        found |= wanted
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("blow", (signal.SIGINT, signal.SIGKILL))
def test_a_stopped_campaign_leaves_no_process_and_keeps_what_was_done(tmp_path: Path, blow: int) -> None:
    folder, out = tmp_path / "lanes", tmp_path / "out"
    folder.mkdir()
    write_good(folder)
    for i in range(6):
        write_trace(synthetic_trace(f"long_{i}", 40.0, 0.3, (3.0,), seed=i), folder / f"long_{i}.csv")
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from sapper_host.cli import main; "
        f"sys.exit(main(['campaign', {str(folder)!r}, '--out', {str(out)!r}, '--jobs', '2', '--no-curve']))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, SOURCES))}
    process = subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 300
    while not (out / "lane_a.json").exists() or not any("long" in p.name for p in out.glob("*.json")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    family = descendants(process.pid)
    assert len(family) >= 3  # workers and boards
    process.send_signal(blow)
    _, errors = process.communicate(timeout=300)
    if blow == signal.SIGINT:
        assert process.returncode == 130
        assert b"Traceback" not in errors
    deadline = time.monotonic() + 120
    while any(alive(pid) for pid in family):
        assert time.monotonic() < deadline, [Path(f"/proc/{pid}/cmdline").read_text() for pid in family if alive(pid)]
        time.sleep(0.1)
    for path in out.glob("*.json"):
        json.loads(path.read_text())
