"""A firmware that is not the checkout's, and says so."""

from __future__ import annotations

import re
from pathlib import Path

from hil.rigs.firmware import default_uf2
from sapper_host.flash.uf2 import read_uf2
from toolchain.build_mark import BLOCK_BYTES, PAYLOAD_AT, PAYLOAD_BYTES, marked

CONTENT = "feedfacefeedface"


def another_uf2(folder: Path) -> Path:
    """The checkout's UF2, of its version, but `version` answers content=CONTENT: the text stands whole in one block."""
    uf2 = bytearray(default_uf2().read_bytes())
    found = 0
    for at in range(PAYLOAD_AT, len(uf2), BLOCK_BYTES):
        payload = bytes(uf2[at : at + PAYLOAD_BYTES])
        for match in re.finditer(rb"\0([0-9a-f]{16})\0", payload):
            uf2[at + match.start(1) : at + match.end(1)] = CONTENT.encode()
            found += 1
    assert found == 1, f"{found} texts look like the firmware's content"
    path = folder / "another.uf2"
    path.write_bytes(marked(bytes(uf2), str(read_uf2(default_uf2()).build)))
    return path
