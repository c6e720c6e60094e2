"""The Debian packages that the build needs: finds out which are missing, and installs only those."""

import os
import platform
import shutil
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import ToolchainError
from .progress import run, say, step

# How long apt waits for another package manager to end, in seconds.
_APT_LOCK_WAIT_S = 300


@dataclass(frozen=True)
class Package:
    """A Debian package, how to see without dpkg that what it gives is there, and what it is for."""

    name: str
    present: Callable[[], bool]
    use: str


def _command(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _file(*candidates: str) -> Callable[[], bool]:
    return lambda: any(Path(candidate).exists() for candidate in candidates)


def _has_ensurepip() -> bool:
    try:
        import ensurepip
    except ImportError:
        return False
    # Debian cuts the wheels out of the base package, but leaves the module.
    return any(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")) or bool(
        list(Path("/usr/share/python-wheels").glob("pip-*.whl"))
    )


def _has_python_headers() -> bool:
    return Path(sysconfig.get_path("include"), "Python.h").exists()


PACKAGES = (
    Package("git", _command("git"), "the revision that goes into the firmware"),
    Package("ca-certificates", _file("/etc/ssl/certs/ca-certificates.crt"), "package registries over TLS"),
    Package("python3-venv", _has_ensurepip, "the Python environment"),
    Package("python3-dev", _has_python_headers, "Python packages that compile a part of theirs"),
    Package("gcc", _command("gcc"), "mpy-cross and MicroPython for this machine"),
    Package("libc6-dev", _file("/usr/include/stdio.h"), "the same"),
    *(
        (Package("gcc-multilib", _file("/usr/lib32/libm.so", "/usr/lib32/libm.a"), "MicroPython at 32 bits"),)
        if platform.machine() == "x86_64"
        else ()
    ),
    Package("make", _command("make"), "the same"),
    Package("dpkg-dev", _command("dpkg-source"), "unpacking Debian's source packages"),
    Package("xz-utils", _command("xz"), "the same"),
    Package("patch", _command("patch"), "the same"),
    Package("picocom", _command("picocom"), "a terminal program, which the tests try the console with"),
    Package("cmake", _command("cmake"), "the firmware"),
    Package("ninja-build", _command("ninja"), "the firmware"),
)


def missing() -> list[Package]:
    """The packages whose content is not on this machine."""
    return [package for package in PACKAGES if not package.present()]


def as_root(command: list[str]) -> list[str]:
    """`command` so that it runs as root: itself, or under sudo. Raises ToolchainError where there is no sudo."""
    if os.geteuid() == 0:
        return command
    if shutil.which("sudo") is None:
        raise ToolchainError(
            "system packages are missing and there is no sudo",
            "run the same command as root, or have root run: apt-get install " + " ".join(p.name for p in missing()),
        )
    # -n: without a terminal sudo must fail with a message, not wait for a password that nobody can type.
    return ["sudo"] + ([] if sys.stdin.isatty() else ["-n"]) + command


def install_missing(logs: Path) -> list[str]:
    """Install what is missing; returns the names. Raises ToolchainError with what to do."""
    wanted = missing()
    if not wanted:
        return []
    names = [package.name for package in wanted]
    if shutil.which("apt-get") is None:
        needs = "\n".join(f"    {package.name}: {package.use}" for package in wanted)
        raise ToolchainError(
            f"this machine lacks some programs, and it has no apt-get to install them with:\n{needs}",
            "use Debian 12 or 13 (a container will do), or install the same with this system's package manager",
        )
    say("missing system packages: " + " ".join(names))
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", f"DPkg::Lock::Timeout={_APT_LOCK_WAIT_S}"]
    ask = sys.stdin.isatty() and os.geteuid() != 0
    otherwise = "run 'apt-get install " + " ".join(names) + "' by hand to see more, then try again"
    with step("refreshing the package lists"):
        run(as_root([*apt, "update"]), logs / "apt-update.log", otherwise, interactive=ask)
    with step(f"installing {len(names)} system packages"):
        run(
            as_root([*apt, "install", "-y", "--no-install-recommends", *names]),
            logs / "apt-install.log",
            otherwise,
            interactive=ask,
        )
    still = missing()
    if still:
        raise ToolchainError(
            "installed, yet not found: " + " ".join(package.name for package in still),
            "check that /usr/bin is in PATH, and that python3 is Debian's own (PYTHON=/usr/bin/python3 make setup)",
        )
    return names
