"""What a UF2 says of the build that made it: version, git revision, and the SHA-256 of all that it puts into flash.

Extension tags of the UF2 specification, in the part of the first block that the boot ROM ignores; firmware/toolchain
writes them. They tell a file that changed on its way from the one that was built. Without them all that can be told is
whether a board has what the file has.
"""

from __future__ import annotations

from dataclasses import dataclass

FLAG_EXTENSION_TAGS = 0x00008000
TAG_VERSION = 0x9FC7BC
TAG_SHA2 = 0xB46DB0
_HEADER_BYTES = 4
_SHA256_BYTES = 32
UNKNOWN = "unknown build"


class MarkError(ValueError):
    """Tags that are none."""


@dataclass(frozen=True)
class Build:
    """version: of the application. git: its revision, '' where the tag names none. sha256: of the pages, in hex."""

    version: str
    git: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.version}+{self.git}" if self.git else self.version


def read_mark(space: bytes) -> Build | None:
    """The build that the tags at the start of `space` name; None where none of them has a SHA-256. MarkError."""
    tags: dict[int, bytes] = {}
    at = 0
    while at + _HEADER_BYTES <= len(space) and space[at]:
        size = space[at]
        if size < _HEADER_BYTES or at + size > len(space):
            raise MarkError("has an end where none can be")
        tags[int.from_bytes(space[at + 1 : at + _HEADER_BYTES], "little")] = space[at + _HEADER_BYTES : at + size]
        at += -(-size // 4) * 4
    digest = tags.get(TAG_SHA2)
    if digest is None:
        return None
    if len(digest) != _SHA256_BYTES:
        raise MarkError(f"has a hash of {len(digest)} bytes, not {_SHA256_BYTES}")
    text = tags.get(TAG_VERSION, b"").decode("ascii", "replace")
    if not text.isprintable() or "\ufffd" in text:
        raise MarkError("has a version that is no text")
    version, _, git = text.partition("+")
    return Build(version or "unknown version", git, digest.hex())
