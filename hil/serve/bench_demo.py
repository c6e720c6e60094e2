"""`make bench-demo`: what somebody does who has just bought a bench, on two emulated Picos wired to each other.

Wiring, `check` of a bench with a wire put in wrong and of one put right, the firmware through BOOTSEL, three scenarios,
their report. Leaves build/bench-demo/wiring.svg and report.html. Exit status 0 only if all went as it should.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from hil.bench.bill import bill
from hil.bench.check.run import Checked, check
from hil.bench.config import Config
from hil.bench.wiring import wires
from hil.bench.wiring_picture import svg
from hil.errors import HilError
from hil.play.digesting import Digesting
from hil.play.operator import Operator
from hil.rigs.bench.emulated import EmulatedOutside, emulated_config, open_emulated
from hil.rigs.bench.emulated_sockets import EmulatedSockets
from hil.rigs.bench.flashing import checked
from hil.rigs.bench.rig import BenchRig
from hil.rigs.firmware import default_uf2, instrument_uf2
from sapper_host import processes
from sapper_host.errors import Status
from sapper_host.files import whole_file
from sapper_host.files.checkout import BUILD, ROOT
from sapper_host.files.place import check_folder
from sapper_host.flash.verify import verify

OUT = BUILD / "bench-demo"
# Encoder wires of one wheel, crossed: nothing burns, and the rover would believe that it rolls back.
CROSSED = ("ENC_LEFT_A", "ENC_LEFT_B")
SCENARIOS = (
    ("arming", "test_arming.py::test_key_and_code_arm_and_disarming_lets_go"),
    ("an emergency stop in a sweep", "test_stops.py::test_the_emergency_stop_takes_motor_en_down_within_its_limit"),
    ("a find in a lane", "test_finds.py::test_a_find_stops_the_rover_over_it"),
)
_END_S = 20.0
_KINDS = {
    "line": "lines between the two Picos",
    "gate": "gate voltages",
    "bus": "I2C",
    "switch": "switches",
    "supply": "supply",
    "serial": "radio, GNSS",
    "ground": "ground",
    "usb": "USB cables",
}


class ShortfallError(Exception):
    """Something did not go as it should; the text says what."""


@dataclass
class Telling:
    """How the steps are told: each with the command that does the same on a table."""

    console: Console
    number: int = 0

    def step(self, title: str, command: str, words: str) -> None:
        """A new one begins."""
        self.number += 1
        self.console.rule(f"[bold]{self.number}. {title}", align="left")
        self.command(command)
        self.console.print(Padding(words, (0, 0, 1, 0)), highlight=False)

    def command(self, line: str) -> None:
        """What one would type."""
        self.console.print(Text.assemble(("$ ", "dim"), (line, "bold cyan")), soft_wrap=True)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[str, float | None], None]]:
        """A line that moves, on a terminal: its words, and how far of 1 (None: nobody knows); elsewhere just words."""
        if not self.console.is_terminal:
            self.console.print(f"{what} ...", highlight=False)
            yield lambda words, far: None
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
        with Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True) as progress:
            task = progress.add_task(what, total=None)
            yield lambda words, far: progress.update(task, description=words, total=far and 1.0, completed=far or 0)


def wiring(telling: Telling, out: Path) -> None:
    """What to buy and what to solder."""
    console = telling.console
    picture = out / "wiring.svg"
    telling.step("Wiring", "sapper bench wiring", "What to buy, and what goes from where to where.")
    materials = Table(title="Bill of materials", title_justify="left")
    for name in ("count", "part", "for"):
        materials.add_column(name, justify="right" if name == "count" else "left")
    for item in bill():
        materials.add_row(str(item.count), item.part, item.what)
    every = wires()
    count = Counter(wire.kind for wire in every)
    by_kind = Table(title=f"{len(every)} wires", title_justify="left")
    for name in ("wires", "kind", "first of them"):
        by_kind.add_column(name, justify="right" if name == "wires" else "left")
    for kind, words in _KINDS.items():
        first = next(wire for wire in every if wire.kind == kind)
        by_kind.add_row(str(count[kind]), words, f"{first.name}: {first.source} to {first.target}")
    console.print(materials, by_kind)
    whole_file.write(picture, svg())
    telling.command(f"sapper bench wiring --out {shown(picture)}")
    console.print(f"written: {picture}\n", highlight=False, soft_wrap=True)


def checks(telling: Telling, outside: EmulatedOutside, sockets: EmulatedSockets, config: Config) -> Checked:
    """Of the bench with two wires crossed, and put right."""
    telling.step(
        "Check, with a mistake",
        "sapper bench check",
        f"Two wires were crossed on purpose: {' and '.join(CROSSED)}. Does the check name them?",
    )
    outside.pair.wires.swap(*CROSSED)
    wrong = _checked(telling, outside, sockets, config)
    if not any(set(finding.wires) == set(CROSSED) for finding in wrong.findings):
        raise ShortfallError(f"the check did not name {' and '.join(CROSSED)}")
    telling.step("Check, mended", "sapper bench check", "The two wires are where they belong.")
    outside.pair.wires.mend()
    right = _checked(telling, outside, sockets, config)
    if not right.ok:
        raise ShortfallError("the check finds something wrong with a bench that is right")
    table = Table(title="Calibration: the converter against the rover's own", title_justify="left")
    for name in ("gate", "offset", "a code", "off the line", "steps at 512, 1536, 2560, 3584"):
        table.add_column(name, justify="left" if name == "gate" else "right")
    for name, each in right.calibrations.items():
        steps = ", ".join(f"{step:.1f}" for step in each.steps_lsb)
        table.add_row(
            name, f"{each.offset_mv:+.1f} mV", f"{each.mv_per_code:.4f} mV", f"{each.rms_lsb:.2f} LSB", f"{steps} LSB"
        )
    telling.console.print(table)
    telling.console.print(f"the rover's clock: {right.clock_ppm:+.1f} ppm off the instrument's\n", highlight=False)
    return right


def _checked(telling: Telling, outside: EmulatedOutside, sockets: EmulatedSockets, config: Config) -> Checked:
    def drive_seen() -> bool:
        return any(drive.location == "rover" for drive in sockets.drives())

    with telling.progress("check") as tell:
        done = check(outside, config, drive_seen, lambda what: tell(what, None))
    for finding in done.findings:
        telling.console.print(Text.assemble(("wrong: ", "bold red"), finding.what))
        telling.console.print(Padding(Text(finding.remedy), (0, 0, 0, 2)))
    if done.not_tried:
        telling.console.print(f"not tried, as it needs what is wrong: {', '.join(done.not_tried)}", highlight=False)
    if done.ok:
        telling.console.print("[green]all wires are as they should be[/]")
    telling.console.print(f"({done.took_s:.0f} s on a bench)\n", highlight=False)
    return done


def flash(telling: Telling, rig: BenchRig) -> None:
    """The firmware through BOOTSEL, and what the board says of it."""
    telling.step(
        "Flash",
        "sapper bench flash",
        "RUN and BOOTSEL by their wires, the boot ROM's drive, a copy; then the board hashes what it has.",
    )
    image = checked(default_uf2())
    with telling.progress("flash") as tell:
        rig.flash_uf2(image.path, lambda done, total: tell("flash", done / total))
    operator = Operator(rig)
    version = operator.boot()
    with telling.progress("verify") as tell:
        count = verify(image, Digesting(operator), lambda done, total: tell("verify", done / total))
    telling.console.print(f"the board says: {version}", highlight=False, soft_wrap=True)
    telling.console.print(f"[green]{count} bytes of its flash are those of {shown(image.path)}[/]\n", highlight=False)


def scenarios(telling: Telling, out: Path) -> None:
    """Three of them, as pytest runs them, each job beginning with a flash."""
    names = [f"hil/scenarios/{name}" for _, name in SCENARIOS]
    words = ["-p", "hil.testing.plugin", "--rig", "bench", "--rig-report", shown(out)]
    telling.step(
        "Scenarios",
        " \\\n    ".join(["pytest " + " ".join(words), *names]),
        "Flashed and verified anew, as every job is: " + ", ".join(title for title, _ in SCENARIOS) + ".",
    )
    command = [sys.executable, "-m", "pytest", *words, "-v", "-p", "no:cacheprovider"]
    command += ["--rig-book", str(out / "book.sqlite"), *names]
    telling.console.file.flush()
    status = _run(command)
    report = out / "report.html"
    if status:
        raise ShortfallError(f"pytest ended with status {status}; {report} tells more")
    telling.step("Report", f"xdg-open {shown(report)}", "One page: what ran, on which board, with which firmware.")
    telling.console.print(f"written: {report}\n", highlight=False, soft_wrap=True)


def _run(command: list[str]) -> int:
    """Its status. Ctrl-C comes to it once, from here and not from the terminal as well, and its end is waited for."""
    process = processes.start(command, ending=signal.SIGINT, cwd=ROOT, start_new_session=True)
    try:
        return process.wait()
    except BaseException:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
        raise


def shown(path: Path) -> str:
    """As one would type it in the checkout."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def run(out: Path, console: Console) -> None:
    """All steps. HilError, ShortfallError."""
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    telling = Telling(console)
    wiring(telling, out)
    config = emulated_config()
    outside = open_emulated(default_uf2(), instrument_uf2(), config)
    sockets = EmulatedSockets(outside)
    try:
        done = checks(telling, outside, sockets, config)
    except BaseException:
        outside.close()
        sockets.close()
        raise
    with BenchRig(outside, config.calibrated(done.fits), sockets=sockets) as rig:
        flash(telling, rig)
    scenarios(telling, out)
    console.print(f"[bold green]a bench as it should be[/] ({time.monotonic() - began:.0f} s)")


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.serve.bench_demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="where picture and report go")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    check_folder(options.out)
    try:
        run(options.out, console)
    except HilError as error:
        console.print(Text.assemble(("error: ", "bold red"), str(error)))
        return int(Status.ERROR)
    except ShortfallError as error:
        console.print(Text.assemble(("not as it should be: ", "bold red"), str(error)))
        return int(Status.SHORTFALL)
    return int(Status.OK)


if __name__ == "__main__":
    sys.exit(processes.command(main))
