"""The cross compiler for the board: one GCC for every machine that builds, whatever release it runs.

Debian 12's, because every figure of size and time was measured with it, and because its programs run on all newer
releases too. An image's bytes then do not depend on who built it.
"""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import cache
from .debian import PrivateApt, run_with_own_libraries
from .progress import run, say, step

SUITE = "bookworm"
TRIPLE = "arm-none-eabi"

# Package -> the version that this project was built and tested with. The part before the last '-' is Debian's name
# for the maker's version, and a must; a mirror that has another revision of it is taken, and told of.
PACKAGES = {
    "gcc-arm-none-eabi": "15:12.2.rel1-1",
    "binutils-arm-none-eabi": "2.40-2+18+b1",
    "libnewlib-arm-none-eabi": "3.3.0-1.3+deb12u1",
    "libnewlib-dev": "3.3.0-1.3+deb12u1",
}
# What GCC's programs are linked with. Nothing of them gets into the image.
LIBRARIES = ("libc6", "libgmp10", "libmpfr6", "libmpc3", "libisl23", "libzstd1", "zlib1g")
# 500 MB of 600: libraries for other processors than the RP2040's (thumb/v6-m), other languages, documents.
LEFT_OUT = (
    *("*/thumb/v7*", "*/thumb/v8*", "*/thumb/nofp*", "*/arm/v5te*"),
    *("./usr/share*", "*/lto1", "*/lto-dump", "*/plugin/*", "*/gcov*", "*-gcov*", "*-gprof", "*-lto-dump"),
)
# What Debian's scripts would link on installation: where GCC looks for the C library, and where newlib is.
LINKS = {f"usr/lib/{TRIPLE}/include": "../../include/newlib", f"usr/lib/{TRIPLE}/lib": "newlib"}
# Folders with programs that are called by one another.
PROGRAMS = ("usr/bin", f"usr/lib/{TRIPLE}/bin", f"usr/lib/gcc/{TRIPLE}/*")

# Counts changes of the code below that change what it makes; the tables above count by themselves.
_RECIPE = 1
_KEPT = 2


@dataclass(frozen=True)
class Compiler:
    """The unpacked compiler, and its packages' exact versions."""

    folder: Path
    versions: dict[str, str]

    @property
    def usr(self) -> Path:
        return self.folder / "usr"

    def tool(self, name: str) -> Path:
        """The program of that name: gcc, nm, objdump, ..."""
        return self.usr / "bin" / f"{TRIPLE}-{name}"

    def key_parts(self) -> list[tuple[str, str]]:
        """What of this compiler decides what it makes."""
        return [("compiler", self.folder.name), ("compiler versions", json.dumps(self.versions, sort_keys=True))]


def upstream(version: str) -> str:
    """The maker's part of a Debian version: no epoch, no revision of Debian's."""
    return version.split(":", 1)[-1].rsplit("-", 1)[0]


def ensure(logs: Path) -> Compiler:
    """The compiler, from the cache or fetched and unpacked now. Call it under the cache's lock."""
    found = present()
    if found is None:
        cache.check_space()
        _fetch_and_unpack(_folder(), logs)
        cache.prune(cache.root(), "compiler-*", _KEPT)
        found = present()
        assert found is not None
    return found


def present() -> Compiler | None:
    """The compiler if it is in the cache already."""
    marker = _folder() / "versions.json"
    return Compiler(cache.used(marker.parent), json.loads(marker.read_text())) if marker.exists() else None


def _folder() -> Path:
    tables = [_RECIPE, SUITE, PACKAGES, LIBRARIES, LEFT_OUT, LINKS, PROGRAMS]
    return cache.root() / f"compiler-{cache.key([('tables', json.dumps(tables))])}"


def _fetch_and_unpack(folder: Path, logs: Path) -> None:
    apt = PrivateApt(cache.root() / f"debian-{SUITE}", SUITE, logs)
    apt.update()
    apt.fetch((*PACKAGES, *LIBRARIES))
    otherwise = f"remove {apt.downloads} and run the same command again"
    versions = {}
    with cache.publish(folder) as partial, step("unpacking the cross compiler"):
        for name in (*PACKAGES, *LIBRARIES):
            archive = apt.newest(f"{name}_*{upstream(PACKAGES[name])}-*.deb" if name in PACKAGES else f"{name}_*.deb")
            version = archive.name.split("_")[1].replace("%3a", ":")
            if name in PACKAGES:
                versions[name] = version
            _unpack(archive, partial, logs / f"unpack-{name}.log", otherwise)
        for link, place in LINKS.items():
            (partial / link).symlink_to(place)
        for pattern in PROGRAMS:
            for program in sorted(partial.glob(f"{pattern}/*")):
                run_with_own_libraries(program, partial)
        _try(partial, logs, otherwise)
        (partial / "versions.json").write_text(json.dumps(versions, indent=1, sort_keys=True))
    for name, version in versions.items():
        if version != PACKAGES[name]:
            say(f"{name} is {version}, this project was tested with {PACKAGES[name]}: the image's bytes may differ")
    apt.forget()


def _unpack(archive: Path, folder: Path, log: Path, otherwise: str) -> None:
    excluded = [f"--exclude={pattern}" for pattern in LEFT_OUT]
    # Ends with the shell, as this ends with us; the other end of the pipe then ends too.
    tar = ["setpriv", "--pdeathsig", "TERM", "tar", "--extract", "--file=-", f"--directory={folder}", *excluded]
    # pipefail is bash's; both ends must have gone well.
    run(["bash", "-o", "pipefail", "-c", 'dpkg-deb --fsys-tarfile "$0" | "$@"', archive, *tar], log, otherwise)


def _try(folder: Path, logs: Path, otherwise: str) -> None:
    """Compile and link something: a compiler that does not start shall not get its name."""
    source, program = folder / "try.c", folder / "try"
    source.write_text("#include <stdint.h>\n#include <string.h>\nint main(void) { return (int)strlen(__VERSION__); }\n")
    gcc = Compiler(folder, {}).tool("gcc")
    run(
        [gcc, "-mcpu=cortex-m0plus", "-mthumb", "--specs=nosys.specs", source, "-o", program],
        logs / "try.log",
        otherwise,
    )
    source.unlink()
    program.unlink()


def says(gcc: Path) -> str:
    """What the compiler calls itself: name and version."""
    answer = subprocess.run([gcc, "--version"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"\.program\b", "", answer.splitlines()[0])
