"""docs/architecture.md says what to touch to add something: done so in a copy of the tree, it works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT

COPIED = (
    "firmware/sapper",
    "firmware/cpython",
    "firmware/board",
    "host/sapper_host",
    "hil",
    "docs",
    "tests/firmware/fakes",
)
FOLDERS = (".", "firmware", "firmware/cpython", "tests/firmware/fakes", "firmware/board/modules", "host")

# What is put in: file -> (the text before it, the text). In the order of the page's rows.
RECIPES: dict[str, dict[str, tuple[str, str]]] = {
    "a console command": {
        "firmware/sapper/shared/commands.py": (
            "COMMANDS = (\n",
            '    ("hello", "hello", EVERY, "any", "greets, and tells the new setting"),\n',
        ),
        "firmware/sapper/console/console.py": (
            "    # Looking\n",
            "\n    def cmd_hello(self, link, words):\n"
            '        self._app.emit("hello", 3)\n'
            '        return "ok hello=%d" % self._app.settings.get("hello_mm")\n',
        ),
    },
    "a telemetry frame": {
        "firmware/sapper/shared/wire.py": (
            "MESSAGES = (\n",
            '    (7, "HELLO", 0, (("t_ms", "I", "ms", "board time"), ("count", "H", "", "greetings"))),\n',
        ),
        "firmware/sapper/link/reporter.py": (
            "        if wanted:\n",
            "            if count == 1:\n                return self._send(self._writer.make(7, self._app.t_ms, 77))\n",
        ),
        "host/sapper_host/recordings/mcap_topics.py": (
            "SESSION_TOPICS = (\n",
            '    _telemetry_topic(7, "greetings (HELLO frames)"),\n',
        ),
    },
    "an event": {
        "firmware/sapper/shared/events.py": ("KINDS = (\n", '    (99, "hello", ("count",), "the board greeted"),\n'),
        "host/sapper_host/operate/monitor_state.py": (
            '    where = f"at {event.s_mm / 1000:.2f} m"\n    match event.kind:\n',
            '        case "hello":\n            return f"HELLO {a[\'count\']} {where}"\n',
        ),
    },
    "a setting": {
        "firmware/sapper/shared/settings.py": (
            "TABLE = (\n",
            '    ("hello_mm", 42, 0, 99, "mm", "how long a greeting is"),\n',
        ),
    },
    "a limit": {
        "firmware/sapper/shared/limits.py": (
            "# What the loop, its tools",
            '\n\nHELLO_MS: ("ms", "a greeting is answered", "design", "make safety") = 30\n# and its tools',
        ),
    },
    "a scenario of `make safety`": {
        "hil/prove/safety/faults.py": (
            "# The processor\n",
            '\n\n@fault("a greeting")\ndef _hello(stage: Stage, random: Random) -> None:\n    stage.say("hello")\n\n',
        ),
        "hil/prove/safety/scenarios.py": (
            "    rows += [\n",
            '        Scenario(limit("HELLO_MS"), "a greeting", "SWEEP", unaffected, 50),\n'
            '        Scenario(limit("HELLO_MS"), "a greeting", "TELEOP", unaffected, 50),\n',
        ),
        "hil/prove/safety/canaries.py": (
            "CANARIES: tuple[Canary, ...] = (\n",
            '    Canary("greetings are not heard", ((rows.limit("HELLO_MS"), ("a greeting",), _STATES),), "pass"),\n',
        ),
        "hil/prove/safety/coverage.py": (
            "ASKED: tuple[tuple[str, tuple[str, ...]], ...] = (\n",
            '    ("a greeting", ("a greeting",)),\n',
        ),
    },
    "a verb": {
        "host/sapper_host/verbs/hello.py": (
            "",
            '"""`sapper hello`: greets."""\n\nimport typer\n\n\ndef register(app: typer.Typer) -> None:\n'
            '    """Add the verb."""\n    app.command("hello")(lambda: typer.echo("hello from a new verb"))\n',
        ),
        "host/sapper_host/cli.py": ("VERBS = (\n", '    "hello",\n'),
    },
    "a rig": {
        "hil/rigs/twin/__init__.py": ("", '"""A second virtual Pico."""\n'),
        "hil/rigs/registry.py": (
            "RIGS: dict[str, Entry] = {\n",
            '    "twin": Entry("twin", offers_of(VirtualRig), _virtual, _image),\n',
        ),
    },
    "a target of `make fuzz`": {
        "hil/prove/fuzz/targets.py": (
            "TARGETS: dict[str, Fuzzed] = {\n",
            '    "hello": Fuzzed(lambda: lambda data: None, (b"hello",)),\n',
        ),
    },
}

LOOK = """
from bench import Bench
from hil.prove.fuzz.targets import TARGETS
from hil.prove.safety import coverage
from hil.rigs import registry
from sapper_host.board.decoder import Event, Frame, StreamDecoder
from sapper_host.cli import main
from sapper_host.docs_gen.pages import made
from sapper_host.files.checkout import DOCS
from sapper_host.operate.monitor_state import describe
from sapper_host.recordings.mcap_topics import TOPICS

bench = Bench()
said = bench.say("hello", ticks=12).encode()
items = StreamDecoder().feed(bytes(said))
print([item.line for item in items if getattr(item, "line", "") and "hello=" in str(item)])
print([describe(item) for item in items if isinstance(item, Event) and item.kind == "hello"])
bench.app.links[0].telemetry = True
bench.app.reporter._count = 0
bench.ports[0].sent = b""
bench.tick(2)
print([item.fields["count"] for item in StreamDecoder().feed(bench.ports[0].sent) if isinstance(item, Frame)][:1])
print(sorted(TOPICS["/hello"].properties))
bench.app.links[0].telemetry = False
print(bench.last("get hello_mm"))
page = coverage.filled((DOCS / "safety.md").read_text())
print("| a greeting is answered | 30 ms | design | 2: a greeting | greetings are not heard |" in page)
print("| a greeting | `a greeting` | SWEEP, TELEOP |" in page)
pages = "".join(text for path, text in made(DOCS).items() if path.suffix == ".md")
print([pages.count(words) > 0 for words in ("greets, and tells", "the board greeted", "greeting is", "HELLO: type 7")])
print("twin" in registry.RIGS, "twin" in registry.markdown(), "hello" in TARGETS)
main(["hello"])
"""
SEEN = """['ok hello=42']
['HELLO 3 at 0.00 m']
[77]
['count', 't_ms']
ok hello_mm=42 mm (0..99, default 42): how long a greeting is
True
True
[True, True, True, True]
True True True
hello from a new verb
"""


def rows() -> dict[str, list[str]]:
    """What the page's table says: what to add -> the files and folders it names."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = page.split("| to add | touch | then |\n|---|---|---|\n")[1].split("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()]
    return {cell[0]: re.findall(r"`([^`]+)`", " ".join(cell[1:])) for cell in cells}


@pytest.mark.unit
def test_every_file_that_the_table_names_is_there() -> None:
    table = rows()
    assert set(RECIPES) < set(table) and len(table) >= 12
    for what, names in table.items():
        for name in names:
            if not name.startswith(("make ", "configure")):
                assert (ROOT / name).exists(), f"{what}: {name}"


@pytest.mark.unit
@pytest.mark.parametrize("what", RECIPES)
def test_a_recipe_touches_what_its_row_names_and_nothing_else(what: str) -> None:
    named = rows()[what]
    for path in RECIPES[what]:
        assert any(path == name or name.endswith("/") and path.startswith(name) for name in named), path


def test_one_of_each_added_as_the_table_says_works(tmp_path: Path) -> None:
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("node*", "__pycache__"))
    for path, (before, text) in [item for recipe in RECIPES.values() for item in recipe.items()]:
        file = tmp_path / path
        if before:
            content = file.read_text(encoding="utf-8")
            assert content.count(before) == 1, f"{path}: '{before}'"
            file.write_text(content.replace(before, before + text), encoding="utf-8")
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(tmp_path / folder) for folder in FOLDERS)}
    done = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120
    )
    assert done.stdout == SEEN, done.stderr
