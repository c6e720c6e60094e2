"""What a board's process runs, compiled beforehand: to read the sources anew takes it as long as ten seconds of a lane.

The same sources for the same MicroPython, by the mpy-cross that was built with it, kept under build/sil until they
change. Where that compiler is not, or for a machine it does not compile for, the sources themselves run.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sapper_host import processes
from sapper_host.files.checkout import BUILD

KEPT = BUILD / "sil"
_KEPT_S = 24 * 3600  # a board that runs may import a module at any time
_ARCHITECTURE = {"x86_64": "x86", "i686": "x86"}  # of native and viper code, in 32 bits
_BOOT = "boot.py"  # what MicroPython is started with is a source

_Look = tuple[tuple[str, int, int], ...]
_found: dict[_Look, Path] = {}


def compiled(program: Path, places: Mapping[str, Path]) -> Path | None:
    """A folder in which each of these names holds the modules of its folder of sources, for `program` to run; None
    where the sources have to do.
    """
    cross = program.with_name("mpy-cross")
    architecture = _ARCHITECTURE.get(platform.machine())
    if architecture is None or not cross.exists():
        return None
    look = tuple(_look([cross, *places.values()]))
    tree = _found.get(look)
    if tree is None or not tree.is_dir():
        _found.clear()
        tree = _found[look] = _tree([str(cross), f"-march={architecture}"], places)
    return tree


def _sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def _look(places: Iterable[Path]) -> Iterator[tuple[str, int, int]]:
    """What tells, at little cost, that nothing has changed."""
    for place in places:
        for path in [place] if place.is_file() else _sources(place):
            stat = path.stat()
            yield str(path), stat.st_mtime_ns, stat.st_size


def _tree(compiler: list[str], places: Mapping[str, Path]) -> Path:
    """The folder for these sources as they are, made if need be."""
    sources = [
        (f"{name}/{path.relative_to(place).as_posix()}", path)
        for name, place in places.items()
        for path in _sources(place)
    ]
    digest = hashlib.sha256(Path(compiler[0]).read_bytes())
    for name, path in sources:
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    tree = KEPT / digest.hexdigest()[:16]
    if not tree.is_dir():
        KEPT.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=KEPT))
        for name, path in sources:
            _compile(compiler, path, name, partial)
        try:
            partial.rename(tree)
        except OSError:  # another process was first
            shutil.rmtree(partial)
    os.utime(tree)
    for other in KEPT.iterdir():
        if time.time() - other.stat().st_mtime > _KEPT_S:
            shutil.rmtree(other, ignore_errors=True)
    return tree


def _compile(compiler: list[str], source: Path, name: str, tree: Path) -> None:
    """One module. What does not compile is left as it is: the board says what is wrong with it."""
    output = (tree / name).with_suffix(".mpy")
    output.parent.mkdir(parents=True, exist_ok=True)
    if source.name != _BOOT:
        try:
            processes.run(
                [*compiler, "-s", f"/{name}", "-o", str(output), str(source)], capture_output=True, check=True
            )
            return
        except subprocess.CalledProcessError:
            output.unlink(missing_ok=True)
    shutil.copyfile(source, tree / name)
