"""Takes an update over USB into the idle slot, sector by sector. The application has ended by then: the motors are off.

A message is `kind, number, length (2 bytes), CRC-32 of these and the body (4 bytes), body`, little-endian; its answer
is a text line, `ok ...` or `err NAME: ...`. Whatever is lost is sent again: a sector may come twice and in any order.
  M  the manifest of what runs, a line a file: what is the same in the image to come can be copied from there.
  H  body: the CRC-32 of each sector of the image to come. Answer: which of them the slot holds already, a digit 0 or 1
     each: what an earlier try or version left need not come again.
  S  number: of the sector; body: patch.py. `err room`: the heap has no window to unpack it with; not packed it goes.
  E  body: the trailer. The image is checked as a whole, and starts next time. The last message.
  Q  stop here. The last message, too.
"""

import gc
import time
from binascii import crc32

from sapper.update import patch, running
from sapper.update.patch import SECTOR_BYTES, PatchError
from sapper.update.trailer import TrailerError, check

SILENCE_MS = 3000
HEADER_BYTES = 8
BODY_BYTES_MAX = 5120
_QUIET_MS = 20  # after a spoilt message: what is still on its way is thrown away until the line is silent
_STUCK_MS = 8000  # in the middle of a message
_LEAVES_MS = 30  # for the last answer to be fetched before the board restarts
# The chip erases a block of 16 sectors in the time of three or four (W25Q16JV: tSE, tBE2). A sector that could have
# stayed is then to be sent and written again.
_BLOCK_SECTORS = 16
_SECTOR_MS = 45
_BLOCK_MS = 150
_REWRITE_MS = 15


class Silent(Exception):
    """Nothing came for SILENCE_MS."""


class Spoilt(Exception):
    """A message that is not whole."""


class Slot:
    """The slot that an update goes to. device: block device that reads as a buffer; erase: function(sector, count);
    running: buffer to copy from, or None. `image_sectors`: how many an image may take. Behind them lie one that is no
    update's (firmware/board/modules/flash_layout.py) and the trailer's."""

    def __init__(self, device, erase, running):
        self.device = device
        self.view = memoryview(device)
        self.running = running
        self._trailer = len(self.view) // SECTOR_BYTES - 1
        self.image_sectors = self._trailer - 1
        self._erase = erase
        self._sector = bytearray(SECTOR_BYTES)
        self._blank = b"\xff" * SECTOR_BYTES
        self._room = bytearray(patch.PIECES_BYTES_MAX)
        self._held = ""
        self._marked = True
        self._blocks_seen = 0

    def content(self, number):
        """What sector `number` holds, as a buffer."""
        return self.view[number * SECTOR_BYTES : (number + 1) * SECTOR_BYTES]

    def held(self, sums):
        """'1' for each sector that has the CRC-32 it should have, and stays; '0' for each other. sums: 4 bytes each."""
        count = min(len(sums) // 4, self.image_sectors)
        self._held = ""
        for first in range(0, count, _BLOCK_SECTORS):
            held = ""
            used = 0
            for number in range(first, min(first + _BLOCK_SECTORS, count)):
                at = 4 * number
                wanted = sums[at] | sums[at + 1] << 8 | sums[at + 2] << 16 | sums[at + 3] << 24
                there = self.content(number)
                if crc32(there) == wanted:
                    held += "1"
                else:
                    held += "0"
                    used += there != self._blank
            if self._is_ours(first) and used * _SECTOR_MS > _BLOCK_MS + held.count("1") * _REWRITE_MS:
                held = "0" * len(held)
            self._held += held
        return self._held

    def put(self, number, sent):
        """Build sector `number` and write it, unless it is there. PatchError when it cannot be built."""
        if number >= self.image_sectors:
            raise PatchError("no sector %d" % number)
        patch.build(sent, self.running, self._sector, self._room)
        if self._marked:
            # From here on what was in the slot is not whole any more.
            self._marked = False
            if self.content(self._trailer) != self._blank:
                self._erase(self._trailer, 1)
        self._clear_block(number // _BLOCK_SECTORS)
        self._write(number)

    def _clear_block(self, block):
        """Erase a whole block before its first sector is written, if that pays and nothing in it is to stay."""
        if self._blocks_seen & 1 << block:
            return
        self._blocks_seen |= 1 << block
        first = block * _BLOCK_SECTORS
        if not self._is_ours(first) or "1" in self._held[first : first + _BLOCK_SECTORS]:
            return
        last = min(first + _BLOCK_SECTORS, len(self._held))
        used = [number for number in range(first, last) if self.content(number) != self._blank]
        if len(used) * _SECTOR_MS > _BLOCK_MS:
            self._erase(first, _BLOCK_SECTORS)

    def _is_ours(self, first):
        """Whether the whole block from this sector on is the image's: the last one holds more than that."""
        return first + _BLOCK_SECTORS <= self.image_sectors

    def finish(self, trailer):
        """Write the trailer: the image counts from here on."""
        self._sector[:] = self._blank
        self._sector[: len(trailer)] = trailer
        self._write(self._trailer)

    def _write(self, number):
        there = self.content(number)
        if there == self._sector:
            return
        if there != self._blank:
            self._erase(number, 1)
        self.device.writeblocks(number, self._sector, 0)


def _spare():
    """Room in one piece for the window that a sector is unpacked with, given up when there is none other left."""
    try:
        return bytearray(SECTOR_BYTES + 256)
    except MemoryError:
        return None


class Receiver:
    """One update. port: serial_port.UsbPort. manifest: lines of what runs. key: the team's, b'' for none, None when it
    is spoilt. point: function() that makes the slot start next time. feed: function() that keeps the watchdog from
    restarting the board, a while. runs: (version, made) that the update must not be older than, or None.
    """

    def __init__(self, port, slot, manifest, key, point, feed, runs=None):
        self._port = port
        self._feed = feed
        self._slot = slot
        self._manifest = manifest
        self._key = key
        self._runs = runs
        self._point = point
        self._header = bytearray(HEADER_BYTES)
        self._body = memoryview(bytearray(BODY_BYTES_MAX))
        self._spare = _spare()

    def run(self):
        """Answer messages until the last one, or until the line is silent for SILENCE_MS."""
        self._say("ok receiving")
        while True:
            try:
                kind, number, body = self._message()
                done, answer = self._do(kind, number, body)
            except Spoilt:
                self._drain()
                done, answer = False, "err message: spoilt on its way; send it again"
            except Silent:
                done, answer = True, "err silence: nothing came for %d ms; the board restarts as it was" % SILENCE_MS
            except PatchError as error:
                done, answer = False, "err sector: %s" % error
            except TrailerError as error:
                done, answer = True, "err %s: %s" % error.args
            except OSError as error:
                done, answer = True, "err flash: %s" % error
            except MemoryError:
                done, answer = True, "err memory: no room to go on; the board restarts as it was"
            self._feed()
            self._say(answer)
            if done:
                return

    def _do(self, kind, number, body):
        """Carry out a message; (whether it was the last, its answer)."""
        if kind == b"M":
            for line in self._manifest:
                self._say("  " + line)
            return False, "ok manifest"
        if kind == b"H":
            return False, "ok have=" + self._slot.held(bytes(body))
        if kind == b"S":
            if not self._put(number, body):
                self._spare = None
                gc.collect()
                done = self._put(number, body)
                self._spare = _spare()
                if not done:
                    return False, "err room: none to unpack a sector; send it as it is"
            return False, "ok sector=%d" % number
        if kind == b"E":
            trailer = bytes(body)
            image = self._slot.view[: self._slot.image_sectors * SECTOR_BYTES]
            check(trailer, image, self._key, *running.takes(), self._runs)
            self._slot.finish(trailer)
            self._point()
            return True, "ok update is whole; the board restarts into it"
        if kind == b"Q":
            return True, "ok left; the board restarts as it was"
        raise Spoilt

    def _put(self, number, body):
        """Whether there was room to unpack the sector; if not, nothing was written."""
        try:
            self._slot.put(number, body)
        except MemoryError:
            return False
        return True

    def _message(self):
        header = self._header
        self._await(memoryview(header)[:1])
        self._port.read_all(memoryview(header)[1:])
        length = header[2] | header[3] << 8
        if length > BODY_BYTES_MAX:
            raise Spoilt
        body = self._body[:length]
        self._port.read_all(body)
        given = header[4] | header[5] << 8 | header[6] << 16 | header[7] << 24
        if crc32(body, crc32(header[:4])) != given:
            raise Spoilt
        return bytes(header[:1]), header[1], body

    def _await(self, byte):
        """The first byte of a message. Inside one the port waits for the rest, and a line that goes dead there is the
        watchdog's to end: asking for each byte whether it has come would take ten times as long."""
        since = time.ticks_ms()
        while not self._port.read_into(byte):
            if time.ticks_diff(time.ticks_ms(), since) > SILENCE_MS:
                raise Silent

    def _drain(self):
        since = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), since) < _QUIET_MS:
            if self._port.read_into(self._body):
                since = time.ticks_ms()

    def _say(self, line):
        data = (line + "\r\n").encode()
        since = time.ticks_ms()
        while data and time.ticks_diff(time.ticks_ms(), since) < SILENCE_MS:
            data = data[self._port.write(data) :]


def receive_update(port, key, watchdog, older):
    """Take one update into the idle slot of this board; older: one that is older than what runs, too. Whatever comes of
    it, the board is to be restarted after."""
    port.interruptible(False)
    watchdog.start(_STUCK_MS)
    gc.collect()
    device, erase, point = running.idle_slot()
    image, manifest = running.running_image()
    runs = None if older else (running.VERSION, running.MADE_S)
    Receiver(port, Slot(device, erase, image), manifest, key, point, watchdog.feed, runs).run()
    time.sleep_ms(_LEAVES_MS)
