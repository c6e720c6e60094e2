"""What is put into a UF2 so that it tells what its build made, wherever it is copied to.

Extension tags (UF2 specification, "Extension tags") in the first block, behind its payload, where the boot ROM does not
look: the version with the git revision, and the SHA-256 of all pages in the order of their addresses.
"""

import hashlib
import struct

BLOCK_BYTES = 512
PAYLOAD_AT = 32
PAYLOAD_BYTES = 256
FLAGS_AT = 8
ADDRESS_AT = 12
FLAG_EXTENSION_TAGS = 0x00008000
TAG_VERSION = 0x9FC7BC
TAG_SHA2 = 0xB46DB0


def marked(uf2: bytes, version: str) -> bytes:
    """The UF2 with its mark; `version`: text in ASCII."""
    pages = {}
    for at in range(0, len(uf2), BLOCK_BYTES):
        (address,) = struct.unpack_from("<I", uf2, at + ADDRESS_AT)
        pages[address] = uf2[at + PAYLOAD_AT : at + PAYLOAD_AT + PAYLOAD_BYTES]
    digest = hashlib.sha256(b"".join(pages[address] for address in sorted(pages))).digest()
    tags = _tag(TAG_VERSION, version.encode("ascii")) + _tag(TAG_SHA2, digest) + bytes(4)
    made = bytearray(uf2)
    begin = PAYLOAD_AT + PAYLOAD_BYTES
    made[begin : begin + len(tags)] = tags
    (flags,) = struct.unpack_from("<I", made, FLAGS_AT)
    struct.pack_into("<I", made, FLAGS_AT, flags | FLAG_EXTENSION_TAGS)
    return bytes(made)


def _tag(kind: int, data: bytes) -> bytes:
    """A tag: its size without what fills it up to words, what it is, its data."""
    size = 4 + len(data)
    return bytes([size]) + kind.to_bytes(3, "little") + data + bytes(-size % 4)
