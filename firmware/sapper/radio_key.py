"""The radio key's own file on flash: outside the settings, so `dump` never shows it; replaced whole or not at all."""

import os

from sapper.radio import KEY_BYTES, from_hex, to_hex

PATH = "/radio.key"
_NEW = "/radio.new"


def load():
    """The key (bytes), or b'' when there is none or its file is not whole."""
    try:
        with open(PATH, "rb") as file:
            data = file.read(2 * KEY_BYTES + 2)
        return from_hex(str(data, "ascii").strip(), KEY_BYTES) or b""
    except (OSError, ValueError):
        return b""


def save(key):
    """Keep this key in place of the old one; b'' for none. OSError when flash refuses."""
    with open(_NEW, "w") as file:
        file.write(to_hex(key))
    os.rename(_NEW, PATH)
