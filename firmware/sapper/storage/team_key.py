"""The team's key, which signs updates: kept twice in flash, outside the file system, so that neither `storage erase`
nor a file system that cannot be read opens the board to unsigned updates.

A key is 32 bytes; NO_KEY (b'') when there is none; SPOILT (None) when there was one and both copies are spoilt.
"""

import os

from sapper.crypto.keys import KEY_BYTES, from_hex, key_id, to_hex
from sapper.storage import two_copies
from sapper.storage.key_file import KeyFile

NO_KEY = b""
SPOILT = None
_NONE = "none"
_PLACES = (0, 1)

# Where it lay before: taken over once.
_FILE = KeyFile("/team.key")


class TeamKey:
    """`key` as it is kept; places: has read(place) and write(place, page), of places 0 and 1. The board's own, unless
    they are given."""

    def __init__(self, places=None):
        if places is None:
            import key_places as places  # the board's own module
        self._places = places
        self._number = 0
        self.key = NO_KEY

    def load(self):
        """Look into flash, and write a copy anew that is not as the other. OSError when flash refuses that.

        Before the loop only: it may take 0.1 s.
        """
        pages, word = self._look()
        if word == two_copies.NEVER:
            self._take_over()
        elif self.key is not SPOILT:
            whole = two_copies.copy_of(self._number, word)
            for place in _PLACES:
                if pages[place] != whole:
                    self._places.write(place, whole)

    def _look(self):
        pages = [self._places.read(place) for place in _PLACES]
        self._number, word = two_copies.newest(pages)
        self.key = NO_KEY if word in (two_copies.NEVER, _NONE) else from_hex(word or "", KEY_BYTES)
        return pages, word

    def _take_over(self):
        """From the file that firmware before this kept it in; what cannot be read there counts as spoilt."""
        key = _FILE.load()
        if not key and not _FILE.spoilt:
            return
        self.key = key or SPOILT
        if key:
            self.save(key)
            os.remove(_FILE.path)

    def save(self, key):
        """Keep this key in place of the old one; NO_KEY for none. OSError when flash refuses: `key` is what it left."""
        page = two_copies.copy_of(self._number + 1, to_hex(key) or _NONE)
        try:
            for place in _PLACES:
                self._places.write(place, page)
        finally:
            self._look()
        if self.key != key:
            raise OSError("flash does not keep the team's key")

    @property
    def id(self):
        """What may be told of it."""
        return "spoilt" if self.key is SPOILT else key_id(self.key)
