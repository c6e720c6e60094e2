"""A result counts as made already only while every file that it was made of is what it was, where it was."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hil.errors import HilError
from hil.prove.campaign.made_of import files_of, firmware_digest
from hil.rigs.registry import RIGS
from sapper_host.files.checkout import ROOT

IMAGE = b"an image"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with what results are made of, and pages for people beside it."""
    image = tmp_path / "build" / "firmware.uf2"
    image.parent.mkdir()
    image.write_bytes(IMAGE)
    (image.parent / "instrument.uf2").write_bytes(b"an instrument")
    (image.parent / "micropython").write_bytes(b"an interpreter")
    for path in {*files_of("sil"), *files_of("virtual", firmware=image), *files_of("bench", firmware=image)}:
        if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "build"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    (tmp_path / "hil/rigs/virtual/README.md").write_text("a page")
    return tmp_path


def changes(tree: Path, name: str) -> set[str]:
    """The rigs whose results are no longer fresh once a file of the tree (a name, or a pattern) is another."""
    before = {rig: firmware_digest(rig, tree) for rig in RIGS}
    (path,) = tree.glob(name)
    path.write_bytes(path.read_bytes() + b"\n# changed\n")
    return {rig for rig in RIGS if firmware_digest(rig, tree) != before[rig]}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "rigs"),
    [
        ("firmware/sapper/drive/motion.py", {"sil"}),
        ("firmware/sapper/detector/footprint.py", {"sil"}),
        ("firmware/sapper/run.py", {"sil"}),
        ("firmware/board/modules/_boot.py", {"sil"}),
        ("build/micropython", {"sil"}),
        ("build/firmware.uf2", {"virtual", "bench"}),
        ("hil/rigs/sil/modules/clock.py", {"sil"}),
        ("hil/rigs/virtual/node/**/pwm.mjs", {"virtual", "bench"}),
        ("build/instrument.uf2", {"bench"}),
        ("hil/bench/player.py", {"bench"}),
        ("hil/bench/instrument/wire.py", {"bench"}),
        ("hil/rigs/registry.py", {"sil", "virtual", "bench"}),
        ("hil/play/tape.py", {"sil", "virtual", "bench"}),
        ("hil/prove/campaign/lane.py", {"sil", "virtual", "bench"}),
        ("host/sapper_host/recordings/score.py", {"sil", "virtual", "bench"}),
        ("hil/rigs/virtual/README.md", set()),
    ],
)
def test_a_changed_file_makes_the_results_of_its_rigs_anew(tree: Path, name: str, rigs: set[str]) -> None:
    assert changes(tree, name) == rigs


@pytest.mark.unit
def test_a_module_that_moved_or_came_makes_another_digest(tree: Path) -> None:
    before = firmware_digest("sil", tree)
    module = tree / "firmware/sapper/drive/motion.py"
    module.rename(tree / "firmware/sapper/safety/motion.py")
    moved = firmware_digest("sil", tree)
    (tree / "firmware/sapper/safety/motion.py").rename(module)
    assert moved != before == firmware_digest("sil", tree)
    (tree / "firmware/sapper/drive/another.py").touch()
    assert firmware_digest("sil", tree) != before


@pytest.mark.unit
def test_an_image_given_by_hand_counts_by_what_is_in_it(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    images = [tmp_path_factory.mktemp("image") / name for name in ("a.uf2", "b.uf2", "c.uf2")]
    for path, content in zip(images, (b"1", b"1", b"2"), strict=True):
        path.write_bytes(content)
    a, b, c = (firmware_digest("virtual", tree, path) for path in images)
    assert a == b != c
    with pytest.raises(HilError, match="is not there; run `make firmware`"):
        firmware_digest("virtual", tree, tree / "none.uf2")


_AFTER_A_REPLAY = """
import importlib, sys
from hil.play.replay import replay
from hil.prove.campaign import lane
from hil.traces.synthetic import synthetic_trace
rig = sys.argv[1]
if rig == "sil":
    replay(synthetic_trace("short", 1.0, 0.4, ()), rig, "mark")
importlib.import_module("hil.rigs.bench.opened" if rig == "bench" else "hil.rigs." + rig)
print("\\n".join(str(module.__file__) for module in sys.modules.values() if getattr(module, "__file__", None)))
"""
# What makes this test's trace, and no campaign's.
_OF_THE_TEST = ("hil/traces", "hil/world")


@pytest.mark.sil
@pytest.mark.parametrize("rig", RIGS)
def test_every_module_that_a_worker_loads_is_counted(rig: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _AFTER_A_REPLAY, rig], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {Path(line) for line in done.stdout.splitlines()}
    ours = {path for path in loaded if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / ".venv")}
    counted = set(files_of(rig, firmware=Path(__file__)))
    missing = sorted(path.relative_to(ROOT).as_posix() for path in ours - counted)
    assert [name for name in missing if not name.startswith(_OF_THE_TEST)] == []
