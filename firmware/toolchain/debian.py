"""Fetches packages of one Debian release, whatever release this machine runs, without changing its set-up.

apt gets its own list of sources (written from the machine's own, with the suite changed), its own lists and its own
cache. It checks the archive's signatures with the machine's keyring, as for any other package.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from .errors import ToolchainError
from .progress import run, step

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_SUITES = re.compile(r"^(buster|bullseye|bookworm|trixie|forky|sid|stable|testing|unstable|oldstable)$")
# Where Debian's packages have their libraries: by architecture, before and after /lib and /usr/lib became one.
_LIBRARIES = ("lib/*-linux-gnu", "usr/lib/*-linux-gnu")
_NOT_DEBIAN = ToolchainError(
    "this machine's package sources name no Debian mirror",
    "use Debian 12 or 13 (a container will do): the firmware's sources are taken from a Debian mirror",
)


@dataclass(frozen=True)
class Mirror:
    """Where this machine gets Debian from: address, and the options that go with it (as deb822 lines)."""

    uri: str
    options: tuple[str, ...]


def find_mirror(etc_apt: Path = Path("/etc/apt")) -> Mirror:
    """The first Debian mirror among the machine's own sources. Raises ToolchainError if there is none."""
    for path in sorted(etc_apt.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            mirror = _from_deb822(stanza)
            if mirror:
                return mirror
    for path in [etc_apt / "sources.list", *sorted(etc_apt.glob("sources.list.d/*.list"))]:
        for line in path.read_text().splitlines() if path.exists() else []:
            mirror = _from_one_line(line)
            if mirror:
                return mirror
    raise _NOT_DEBIAN


def _from_deb822(stanza: str) -> Mirror | None:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    if fields.get("enabled", "yes").lower() == "no" or "main" not in fields.get("components", "").split():
        return None
    if not any(_SUITES.match(suite) for suite in fields.get("suites", "").split()):
        return None
    options = tuple(f"{key.title()}: {fields[key]}" for key in ("signed-by", "trusted") if fields.get(key))
    return Mirror(fields["uris"].split()[0], options) if fields.get("uris") else None


def _from_one_line(line: str) -> Mirror | None:
    match = re.match(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.*)$", line)
    if not match or not _SUITES.match(match["suite"]) or "main" not in match["components"].split():
        return None
    options = dict(item.split("=", 1) for item in (match["options"] or "").split() if "=" in item)
    return Mirror(
        match["uri"], tuple(f"{key.title()}: {options[key]}" for key in ("signed-by", "trusted") if key in options)
    )


def sources_stanza(mirror: Mirror, suite: str) -> str:
    """The deb822 text of `suite`, with its source packages, at `mirror`."""
    options = list(mirror.options)
    if not any(option.startswith(("Signed-By", "Trusted")) for option in options) and Path(KEYRING).exists():
        options.append(f"Signed-By: {KEYRING}")
    return "\n".join(
        ["Types: deb deb-src", f"URIs: {mirror.uri}", f"Suites: {suite}", "Components: main", *options, ""]
    )


class PrivateApt:
    """apt with everything of its own under `folder`."""

    def __init__(self, folder: Path, suite: str, logs: Path) -> None:
        self.folder = folder
        self.suite = suite
        self.logs = logs
        for name in ("sources", "lists/partial", "cache/archives/partial", "downloads"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        self.downloads = folder / "downloads"
        self._options = [
            f"-o{name}={value}"
            for name, value in (
                ("Dir::Etc::SourceList", "/dev/null"),
                ("Dir::Etc::SourceParts", folder / "sources"),
                ("Dir::State::Lists", folder / "lists"),
                ("Dir::State::Status", folder / "status"),
                ("Dir::Cache", folder / "cache"),
                ("Acquire::Languages", "none"),
                ("Acquire::Retries", "3"),
                # The folder belongs to the person who builds: apt's own user could not write there.
                ("APT::Sandbox::User", "root"),
            )
        ]
        self._otherwise = "see the log named above; then run the same command again"

    def update(self) -> None:
        """Fetch the package lists of the suite."""
        stanza = sources_stanza(find_mirror(), self.suite)
        (self.folder / "sources" / "suite.sources").write_text(stanza)
        with step(f"fetching the package lists of Debian {self.suite}"):
            # Without this, a list that cannot be fetched is only a warning.
            run(
                ["apt-get", *self._options, "-oAPT::Update::Error-Mode=any", "update"],
                self.logs / "lists.log",
                self._otherwise,
            )

    def fetch(self, binaries: tuple[str, ...], sources: tuple[str, ...] = ()) -> None:
        """Download packages into `downloads`; what is there whole already is kept (apt checks the sums)."""
        with step(f"downloading {len(binaries) + len(sources)} packages of Debian {self.suite}"):
            run(
                ["apt-get", *self._options, "download", *binaries],
                self.logs / "download.log",
                self._otherwise,
                cwd=self.downloads,
            )
            if sources:
                run(
                    ["apt-get", *self._options, "source", "--download-only", "--only-source", *sources],
                    self.logs / "download-source.log",
                    self._otherwise,
                    cwd=self.downloads,
                )

    def newest(self, pattern: str) -> Path:
        """The newest download that matches. Raises ToolchainError if there is none."""
        found = sorted(self.downloads.glob(pattern), key=lambda path: path.stat().st_mtime)
        if not found:
            raise ToolchainError(f"apt did not leave {pattern} in {self.downloads}", self._otherwise)
        return found[-1]

    def forget(self) -> None:
        """Remove the downloads, where what was unpacked from them is all that is wanted."""
        shutil.rmtree(self.downloads)


def run_with_own_libraries(program: Path, root: Path) -> None:
    """Have `program` start with the libraries unpacked under `root`, its C library among them, wherever `root` is.

    It becomes NAME.program, and NAME a script that starts it. What is no such program is left alone.
    """
    if program.is_symlink() or not program.is_file() or ".so" in program.name or program.name.endswith(".program"):
        return
    with program.open("rb") as handle:
        if handle.read(4) != b"\x7fELF":
            return
    above = "/".join([".."] * len(program.parent.relative_to(root).parts))
    loaders = sorted(path for base in _LIBRARIES for path in root.glob(f"{base}/ld-linux*.so.*"))
    folders = sorted({path for base in _LIBRARIES for path in root.glob(base) if path.is_dir()})
    if not loaders:
        raise ToolchainError(f"{root} has no program loader", "report it: a package of the C library is laid out anew")
    libraries = ":".join(f"$up/{path.relative_to(root)}" for path in folders)
    hidden = program.with_name(f"{program.name}.program")
    program.rename(hidden)
    # No program is started to find the place: a compiler is called hundreds of times.
    program.write_text(
        "#!/bin/sh\n"
        'here=${0%/*}\n[ -h "$0" ] && here=$(dirname "$(readlink -f "$0")")\n'
        f'up="$here/{above}"\n'
        f'exec "$up/{loaders[0].relative_to(root)}" --library-path "{libraries}" "$here/{hidden.name}" "$@"\n'
    )
    program.chmod(0o755)
