"""A farm on this machine: a coordinator, exporters and people, all on the loopback, all gone with the test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.farm.place import FARM_PYTHON
from sapper_host import processes
from sapper_host.files.checkout import ROOT
from tests.family import SOURCES, alive, new_mark

READY_S = 60.0
_LOOK_S = 0.05


def until(holds: Callable[[], Any], what: str, limit_s: float = READY_S) -> Any:
    """What it gives once it gives anything; fails after that time."""
    deadline_s = time.monotonic() + limit_s
    while not (given := holds()):
        assert time.monotonic() < deadline_s, f"after {limit_s:g} s: {what}"
        time.sleep(_LOOK_S)
    return given


@dataclass
class Program:
    """One that was started, and what it says."""

    process: subprocess.Popen[Any]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(8.0)
            except subprocess.TimeoutExpired:
                self.kill()

    def status(self, limit_s: float = READY_S) -> int:
        return self.process.wait(limit_s)


@dataclass
class Farm:
    """address: the coordinator's. Whoever is started bears its mark, so that those who are left are found."""

    folder: Path
    mark: dict[str, str] = field(default_factory=new_mark)
    address: str = ""
    programs: list[Program] = field(default_factory=list)

    def environment(self, person: str) -> dict[str, str]:
        """Of somebody at a machine called 'desk'."""
        return {
            **os.environ,
            **self.mark,
            "PYTHONPATH": SOURCES,
            "PYTHONUNBUFFERED": "1",
            "LG_COORDINATOR": self.address,
            "LG_HOSTNAME": "desk",
            "LG_USERNAME": person,
        }

    def start(self, name: str, *command: Any, person: str = "nobody", **how: Any) -> Program:
        log = self.folder / f"{len(self.programs)}-{name}.txt"
        with log.open("wb") as file:
            process = processes.start(
                [str(word) for word in command],
                cwd=how.pop("cwd", ROOT),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=self.environment(person),
                **how,
            )
        program = Program(process, log)
        self.programs.append(program)
        return program

    def coordinator(self, port: int = 0) -> Program:
        folder = self.folder / "coordinator"
        folder.mkdir(exist_ok=True)
        tool = FARM_PYTHON.with_name("labgrid-coordinator")
        program = self.start("coordinator", tool, "--listen", f"127.0.0.1:{port}", cwd=folder)

        def listening() -> str:
            lines = [line for line in program.said.splitlines() if line.startswith("listening on ")]
            assert program.process.poll() is None, program.said
            return lines[0].split()[-1] if lines else ""

        self.address = until(listening, "the coordinator listens")
        return program

    def place(self, name: str) -> None:
        """A new place for the bench of the same name."""
        assert self.client("create", place=name).returncode == 0
        assert self.client("add-match", f"*/{name}/SapperBench", place=name).returncode == 0

    def exporter(self, benches: Mapping[str, Mapping[str, Any]], name: str = "shed") -> Program:
        """One that offers these: bench -> rig, options."""
        file = self.folder / f"{name}.yaml"
        file.write_text(json.dumps({bench: {"SapperBench": how} for bench, how in benches.items()}))  # JSON is YAML
        program = self.start(
            "exporter",
            *(FARM_PYTHON, "-m", "hil.farm.grid.exporter", "--coordinator", self.address),
            *("--name", name, "--hostname", "127.0.0.1", file),
        )

        def there() -> bool:
            assert program.process.poll() is None, program.said
            return all(f"{name}/{bench}/SapperBench" in self.client("resources").stdout for bench in benches)

        until(there, "the exporter is there")
        return program

    def job(self, place: str, *options: Any, person: str = "anna") -> Program:
        return self.start(
            f"job-of-{person}", sys.executable, "-m", "tests.hil.farm.job", place, *options, person=person
        )

    def client(self, *words: Any, place: str = "", person: str = "anna") -> subprocess.CompletedProcess[str]:
        """labgrid's own tool, as a person uses it."""
        tool = FARM_PYTHON.with_name("labgrid-client")
        return subprocess.run(
            [str(word) for word in (tool, *(("-p", place) if place else ()), *words)],
            cwd=ROOT,
            env=self.environment(person),
            capture_output=True,
            text=True,
            timeout=READY_S,
            check=False,
        )

    def holder(self, place: str) -> str:
        """Who has it, as the farm says; '' when nobody has."""
        shown = self.client("show", place=place).stdout
        name = next(line.split()[-1] for line in shown.splitlines() if line.strip().startswith("acquired:"))
        return "" if name == "None" else name

    def running(self, part: str) -> list[int]:
        """Those of this farm with that in their command line."""
        return [pid for pid, command in alive(self.mark).items() if part in command]


@contextmanager
def farm(folder: Path) -> Iterator[Farm]:
    """Nobody is left at its end; whoever was so before is named."""
    one = Farm(folder)
    try:
        yield one
        for program in reversed(one.programs):
            program.end()
        left = until_gone(one)
        assert not left, f"still there: {left}"
    finally:
        for pid in alive(one.mark):
            os.kill(pid, signal.SIGKILL)
        for program in one.programs:
            program.process.wait()


def until_gone(one: Farm, limit_s: float = 4.0) -> dict[int, str]:
    deadline_s = time.monotonic() + limit_s
    while (left := alive(one.mark)) and time.monotonic() < deadline_s:
        time.sleep(_LOOK_S)
    return left
