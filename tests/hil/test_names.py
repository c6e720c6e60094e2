"""Modules and files that hil names in text are where it says: a move breaks such a name in silence."""

import ast
import re
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.unit

TREES = {"hil": ROOT, "sapper_host": ROOT / "host", "sapper": ROOT / "firmware", "toolchain": ROOT / "firmware"}
MODULE = re.compile(r"\b(?:hil|sapper_host|sapper|toolchain)(?:\.[a-z]\w*)+\b")
STARTED = re.compile(r"-m ((?:hil|sapper_host|toolchain)[\w.]*\w)")
FILE = re.compile(r"\b(?:hil|host|firmware|tests|sapper|docs)(?:/[\w-]+)+\.(?:py|md|mjs|toml)\b")
# Endings of file names, not of modules.
NO_MODULES = re.compile(r"\.(?:py|md|mjs|toml|json|uf2|csv|mcap|elf)$")


def texts(path: Path) -> set[str]:
    """Every string and docstring of a module, but for f-strings' pieces."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pieces = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in pieces]
    return {node.value for node in nodes if isinstance(node.value, str)}


def has(module: str) -> bool:
    """Whether there is such a module or package, or it is a name in one."""
    first, *rest = module.split(".")
    place = TREES[first] / first
    for i, part in enumerate(rest):
        here = place
        place = place / part
        if place.is_dir():
            continue
        holder = place.with_suffix(".py")
        if holder.is_file():
            return all(re.search(rf"\b{name}\b", holder.read_text()) for name in rest[i + 1 :])
        return bool(re.search(rf"\b{part}\b", (here / "__init__.py").read_text()))
    return True


SOURCES = sorted((ROOT / "hil").rglob("*.py"))
SOURCES = [path for path in SOURCES if "node_modules" not in path.parts]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_named_is_there(path: Path) -> None:
    for text in texts(path):
        for module in MODULE.findall(FILE.sub("", text)):
            assert NO_MODULES.search(module) or has(module), f"no module {module}"
        for started in STARTED.findall(text):
            assert has(started), f"`python -m {started}` starts nothing"
        for name in FILE.findall(text):
            there = ROOT / "firmware" / name if name.startswith("sapper/") else ROOT / name
            assert there.is_file(), f"no file {name}"


def test_a_name_that_is_not_there_is_noticed() -> None:
    assert has("sapper.drive.motion") and has("hil.prove.safety") and has("sapper.shared.version.VERSION")
    assert not has("sapper.motion") and not has("hil.prove.safety.lanes") and not has("sapper.drive.motion.Motor")
