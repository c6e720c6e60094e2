"""A key on flash, in a file of its own: outside the settings, so `dump` never shows one; replaced whole or not at
all."""

import errno

from sapper.crypto.keys import KEY_BYTES, from_hex, to_hex
from sapper.storage.whole_file import replace


class KeyFile:
    """One key: `path` is its file. `spoilt`: whether `load` found a file that holds none, or could not be read."""

    def __init__(self, path):
        self.path = path
        self.spoilt = False

    def load(self):
        """The key (bytes), or b'' when there is none or its file is not whole."""
        self.spoilt = False
        try:
            with open(self.path, "rb") as file:
                data = file.read(2 * KEY_BYTES + 2)
            text = str(data, "ascii").strip()
            key = from_hex(text, KEY_BYTES) or b""
            self.spoilt = not key and bool(text)
            return key
        except OSError as error:
            self.spoilt = error.errno not in (errno.ENOENT, errno.ENODEV)
        except ValueError:
            self.spoilt = True
        return b""

    def save(self, key):
        """Keep this key in place of the old one; b'' for none. OSError when flash refuses: the old one stays."""
        replace(self.path, (to_hex(key),))
        self.spoilt = False


RADIO = KeyFile("/radio.key")  # signs what comes over the radio
