"""The keys on flash, each in a file of its own: outside the settings, so `dump` never shows one; replaced whole or
not at all."""

from sapper.crypto.keys import KEY_BYTES, from_hex, to_hex
from sapper.storage.whole_file import replace


class KeyFile:
    """One key: `path` is its file."""

    def __init__(self, path):
        self.path = path

    def load(self):
        """The key (bytes), or b'' when there is none or its file is not whole."""
        try:
            with open(self.path, "rb") as file:
                data = file.read(2 * KEY_BYTES + 2)
            return from_hex(str(data, "ascii").strip(), KEY_BYTES) or b""
        except (OSError, ValueError):
            return b""

    def save(self, key):
        """Keep this key in place of the old one; b'' for none. OSError when flash refuses."""
        replace(self.path, (to_hex(key),))


RADIO = KeyFile("/radio.key")  # signs what comes over the radio
TEAM = KeyFile("/team.key")  # signs updates
