"""Update bundles: the application's modules as one file that a board takes whole, signed with the team's key.

A bundle is a zip of two members: `image.romfs`, a ROM file system (MicroPython's VfsRom format, written by mpremote's
own writer) that lies in a slot of the board as it is, and `slot.txt`, the trailer that goes behind it
(sapper/update/trailer.py). The last file of the image is `manifest.txt`: version, git revision, content, and
for each file its place in the image, size and SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from mpremote.romfs import VfsRomWriter

from sapper.crypto.keys import key_id
from sapper.shared.digits import whole
from sapper.update.slot_trailer import API, BYTES_MAX, MARK
from sapper.update.trailer import TrailerError, check, mac, values_of
from sapper_host.errors import SapperError, Status
from sapper_host.files.whole_file import replacing
from sapper_host.outside import bounded

SUFFIX = ".sapper"
IMAGE = "image.romfs"
TRAILER = "slot.txt"
MANIFEST = "manifest.txt"
MANIFEST_MARK = "sapper-manifest 1"
DIGEST_DIGITS = 32
# 384 kB of a slot less its last two sectors (firmware/board/modules/flash_layout.py; a test compares).
IMAGE_BYTES_MAX = 376 * 1024
# Files begin at steps of this, with padding between: a module that changes by some bytes moves none behind it, and its
# sectors alone are written. Of 95 modules it takes 6 kB.
_STEP_BYTES = 128
_WORD_BYTES = 4
_LENGTH_BYTES = 4
_FILE_BYTES_MAX = 2 * IMAGE_BYTES_MAX
_REMEDY = "make it anew: `sapper bundle`"
# All that zipfile raises for files that are no zip, or not whole.
_NOT_WHOLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(KeyError, ValueError, RuntimeError, NotImplementedError),
)


class BundleError(SapperError):
    """A bundle that is not whole, not signed as it must be, or not for this board."""

    status = Status.BAD_INPUT


@dataclass(frozen=True)
class FileRow:
    """A file of an image: its name, where its `size` bytes begin, and the first DIGEST_DIGITS of their SHA-256 in hex.

    They tell one file from another; that the image is whole its own SHA-256 tells, which is signed.
    """

    name: str
    offset: int
    size: int
    digest: str

    def line(self) -> str:
        """As it stands in the manifest; of the same length whatever the offset."""
        return f"file {self.name} {self.offset:06d} {self.size} {self.digest}"


@dataclass(frozen=True)
class Bundle:
    """image: the ROM file system. trailer: the bytes behind it. values: what the trailer says. files: the manifest."""

    image: bytes
    trailer: bytes
    values: dict[str, str]
    files: tuple[FileRow, ...]

    @property
    def content(self) -> str:
        """Stands for the application's modules: equal ones, equal content."""
        return self.values["content"]

    @property
    def signed(self) -> bool:
        """Whether it carries a signature."""
        return self.values.get("mac", "none") != "none"

    def sha256_of(self, row: FileRow) -> str:
        """All of a file's SHA-256, in hex."""
        return hashlib.sha256(self.image[row.offset : row.offset + row.size]).hexdigest()

    def describe(self) -> str:
        """In a line, for people."""
        sign = "signed" if self.signed else "not signed"
        return (
            f"sapper {self.values['version']}+{self.values['git']}, {len(self.files)} files, {len(self.image)} bytes, "
            f"content {self.content}, {sign}"
        )


def make(folder: Path, key: bytes | None = None) -> Bundle:
    """Bundle the modules that `make mpy` left in `folder`, signed with `key` (None: not). BundleError says why not."""
    try:
        about = json.loads((folder / "build.json").read_text())
        modules = {name: (folder / name).read_bytes() for name in about["modules"]}
    except (OSError, ValueError, KeyError) as error:
        raise BundleError(f"{folder} holds no compiled modules ({error})", "run `make mpy`") from None
    head = [MANIFEST_MARK, *(f"{name}={about[name]}" for name in ("version", "git", "content", "micropython"))]
    rows = [FileRow(name, 0, len(data), digest_of(data)) for name, data in modules.items()]
    # The manifest's length does not depend on the offsets in it: those of a first image hold in the second.
    rows = _placed(rows, modules, _image(modules, _manifest(head, rows)))
    image = _image(modules, _manifest(head, rows))
    if len(image) > IMAGE_BYTES_MAX:
        raise BundleError(
            f"the application takes {len(image)} bytes, and a slot holds {IMAGE_BYTES_MAX}", "make it smaller"
        )
    values = {
        "length": str(len(image)),
        "sha256": hashlib.sha256(image).hexdigest(),
        "crc32": f"{zlib.crc32(image):08x}",
        "api": str(API),
        "mpy": str(_mpy_version(modules)),
        "version": about["version"],
        "git": about["git"],
        "made": str(about.get("made", 0)),
        "content": about["content"],
        "key": key_id(key) if key else "none",
    }
    unsigned = "\n".join([MARK, *(f"{name}={value}" for name, value in values.items()), ""]).encode("ascii")
    trailer = unsigned + f"mac={mac(key, unsigned) if key else 'none'}\n".encode("ascii")
    try:
        return Bundle(image, trailer, values_of(trailer), tuple(rows))
    except TrailerError:
        raise BundleError(
            f"its trailer would take {len(trailer)} bytes, and a board reads {BYTES_MAX}", "give it a shorter version"
        ) from None


def digest_of(data: bytes) -> str:
    """A file's digest, as a manifest has it."""
    return hashlib.sha256(data).hexdigest()[:DIGEST_DIGITS]


def _manifest(head: list[str], rows: list[FileRow]) -> bytes:
    return "\n".join([*head, *(row.line() for row in rows), ""]).encode("ascii")


def _image(modules: dict[str, bytes], manifest: bytes) -> bytes:
    """The ROM file system: each folder once, its files in the order of `modules`; the manifest comes last, a line feed
    longer if that makes the image's length even, as the format wants it."""
    image = _written(modules, manifest)
    return image if len(image) % 2 == 0 else _written(modules, manifest + b"\n")


def _written(modules: dict[str, bytes], manifest: bytes) -> bytes:
    writer = _Writer()
    _fill(writer, [(name.split("/"), data) for name, data in modules.items()])
    writer.mkfile(MANIFEST, manifest)
    return writer.finalise()


class _Writer(VfsRomWriter):
    """Each file begins at a word: native code in it runs in place, where it lies on one (toolchain/code_places.py).

    Lengths take four bytes, the first of them zeros, whatever follows: so where a file begins is known as it is
    written, and a module that grows moves nothing before it.
    """

    def finalise(self) -> bytes:
        """The image."""
        (_, data) = self._dir_stack.pop()
        return bytes(self.ROMFS_HEADER + self._wide(len(data), _LENGTH_BYTES + 1) + data)

    def mkfile(self, filename: str, filedata: bytes) -> None:
        """A file in the folder that is open."""
        begins = len(self.ROMFS_HEADER) + _LENGTH_BYTES + 1 + sum(len(data) for _, data in self._dir_stack)
        begins += sum(len(self._pack(0, self._name(folder))) for folder, _ in self._dir_stack[1:])
        begins += len(self._pack(0, self._name(filename) + self._pack(0, b"")))
        record = self._encode_uint(self.ROMFS_RECORD_KIND_DATA_VERBATIM)
        record += self._wide(len(filedata), _LENGTH_BYTES + -begins % _WORD_BYTES) + filedata
        self._extend(self._pack(self.ROMFS_RECORD_KIND_FILE, self._name(filename) + record))

    def fill_up(self) -> None:
        """Padding behind what was written, to a whole step."""
        short = -len(self._dir_stack[-1][1]) % _STEP_BYTES
        if short:
            head = len(self._pack(self.ROMFS_RECORD_KIND_PADDING, b""))
            self._extend(self._pack(self.ROMFS_RECORD_KIND_PADDING, bytes((short - head) % _STEP_BYTES)))

    def _name(self, name: str) -> bytes:
        return bytes(self._encode_uint(len(name)) + name.encode("ascii"))

    def _pack(self, kind: int, payload: bytes) -> bytes:
        return bytes(self._encode_uint(kind) + self._wide(len(payload), _LENGTH_BYTES) + payload)

    def _wide(self, value: int, width: int) -> bytes:
        return bytes(self._encode_uint(value).rjust(width, b"\x80"))


def _fill(writer: _Writer, entries: list[tuple[list[str], bytes]]) -> None:
    """Write files, and folders with all that is in them, into the folder that `writer` has open."""
    done: set[str] = set()
    for (first, *rest), data in entries:
        if not rest:
            writer.mkfile(first, data)
            writer.fill_up()
        elif first not in done:
            done.add(first)
            writer.opendir(first)
            _fill(writer, [(name[1:], inner) for name, inner in entries if name[0] == first and len(name) > 1])
            writer.closedir()


def _placed(rows: list[FileRow], modules: dict[str, bytes], image: bytes) -> list[FileRow]:
    placed, at = [], 0
    for row in rows:
        at = image.index(modules[row.name], at)
        placed.append(FileRow(row.name, at, row.size, row.digest))
        at += row.size
    return placed


def _mpy_version(modules: dict[str, bytes]) -> int:
    """`sys.implementation._mpy` of a board that runs them: version and, from those with native code, architecture.

    Format: MicroPython's docs, 'MicroPython .mpy files'.
    """
    return max(data[1] | data[2] << 8 for name, data in modules.items() if name.endswith(".mpy"))


def write(bundle: Bundle, path: Path) -> None:
    """Write a bundle, whole or not at all; equal bundles are equal files."""
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in ((TRAILER, bundle.trailer), (IMAGE, bundle.image)):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def read(path: Path) -> Bundle:
    """Read a bundle and check all of it but its signature. BundleError says what is wrong."""
    try:
        with zipfile.ZipFile(io.BytesIO(bounded.read(path, _FILE_BYTES_MAX))) as archive:
            trailer = _member(archive, TRAILER, BYTES_MAX)
            image = _member(archive, IMAGE, IMAGE_BYTES_MAX)
    except OSError as error:
        raise BundleError(
            f"{path} cannot be read: {error.strerror or error}", "check its name and permissions"
        ) from None
    except _NOT_WHOLE as error:
        raise BundleError(f"{path} is not a whole bundle: {error}", _REMEDY) from None
    try:
        check(trailer, image, b"")
        values = values_of(trailer)
        files = parse_manifest(_text_of(image, MANIFEST_MARK))
        for name in ("api", "mpy", "version", "git", "content"):
            values[name]
    except TrailerError as error:
        raise BundleError(f"{path}: {error.args[1]}", _REMEDY) from None
    except (KeyError, ValueError) as error:
        raise BundleError(f"{path} is not a whole bundle: {error}", _REMEDY) from None
    for row in files:
        if digest_of(image[row.offset : row.offset + row.size]) != row.digest:
            raise BundleError(f"{path}: {row.name} is not what its manifest says", _REMEDY)
    if int(values["length"]) != len(image):
        raise BundleError(f"{path}: its image has {len(image)} bytes, not {values['length']}", _REMEDY)
    return Bundle(image, trailer, values, files)


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """One member, refused before it is unpacked when it says it is too large, and while, when it lied."""
    if archive.getinfo(name).file_size > most:
        raise BundleError(f"{name} takes {archive.getinfo(name).file_size} bytes; a slot holds {most}", _REMEDY)
    with archive.open(name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{name} is larger than it says")
    return data


def _text_of(image: bytes, mark: str) -> str:
    """The manifest's text: from its mark to the end of the image."""
    at = image.rindex(mark.encode())
    return image[at:].decode("ascii")


def _place(text: str) -> int:
    number: int = whole(text)
    if not 0 <= number <= IMAGE_BYTES_MAX:
        raise ValueError(f"{text} is no place in an image")
    return number


def parse_manifest(text: str) -> tuple[FileRow, ...]:
    """The files of a manifest; an older application's digests are longer. ValueError when a line is none."""
    rows = []
    for line in text.split("\n"):
        if line.startswith("file "):
            _, name, offset, size, digest = line.split(" ")
            rows.append(FileRow(name, _place(offset), _place(size), digest[:DIGEST_DIGITS]))
    return tuple(rows)
