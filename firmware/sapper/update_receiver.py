"""Takes an update over USB into the idle slot, sector by sector. The application has ended by then: the motors are off.

A message is `kind, number, length (2 bytes), CRC-32 of these and the body (4 bytes), body`, little-endian; its answer
is a text line, `ok ...` or `err NAME: ...`. Whatever is lost is sent again: a sector may come twice and in any order.
  H  body: the first 8 bytes of the SHA-256 of each sector of the image to come. Answer: which of them the slot holds
     already, a digit 0 or 1 each: what an earlier try left need not come again.
  S  number: of the sector; body: update_patch.py.
  E  body: the trailer. The image is checked as a whole, and starts next time. The last message.
  Q  stop here. The last message, too.
"""

import time
from binascii import crc32
from hashlib import sha256

from sapper import update, update_patch
from sapper.update_patch import SECTOR_BYTES, PatchError
from sapper.update_trailer import TrailerError, check

SILENCE_MS = 3000
HEADER_BYTES = 8
BODY_BYTES_MAX = 5120
DIGEST_BYTES = 8
_QUIET_MS = 20  # after a spoilt message: what is still on its way is thrown away until the line is silent
_STUCK_MS = 8000  # in the middle of a message
_LEAVES_MS = 30  # for the last answer to be fetched before the board restarts
_ERASE = 6  # ioctl


class Silent(Exception):
    """Nothing came for SILENCE_MS."""


class Spoilt(Exception):
    """A message that is not whole."""


class Slot:
    """The slot that an update goes to. device: block device that reads as a buffer; running: buffer to copy from, or
    None; image_sectors: how many there are before the trailer's."""

    def __init__(self, device, running, image_sectors):
        self.device = device
        self.view = memoryview(device)
        self.running = running
        self.image_sectors = image_sectors
        self._sector = bytearray(SECTOR_BYTES)
        self._blank = b"\xff" * SECTOR_BYTES
        self._marked = True

    def content(self, number):
        """What sector `number` holds, as a buffer."""
        return self.view[number * SECTOR_BYTES : (number + 1) * SECTOR_BYTES]

    def held(self, digests):
        """'1' for each sector that is as it should be, '0' for each that is not."""
        out = ""
        for number in range(len(digests) // DIGEST_BYTES):
            wanted = digests[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES]
            out += "1" if sha256(self.content(number)).digest()[:DIGEST_BYTES] == wanted else "0"
        return out

    def put(self, number, sent):
        """Build sector `number` and write it, unless it is there. PatchError when it cannot be built."""
        if number >= self.image_sectors:
            raise PatchError("no sector %d" % number)
        update_patch.build(sent, self.running, self._sector)
        if self._marked:
            # From here on what was in the slot is not whole any more.
            self._marked = False
            if self.content(self.image_sectors) != self._blank:
                self.device.ioctl(_ERASE, self.image_sectors)
        self._write(number)

    def finish(self, trailer):
        """Write the trailer: the image counts from here on."""
        self._sector[:] = self._blank
        self._sector[: len(trailer)] = trailer
        self._write(self.image_sectors)

    def _write(self, number):
        there = self.content(number)
        if there == self._sector:
            return
        if there == self._blank:
            self.device.writeblocks(number, self._sector, 0)
        else:
            self.device.writeblocks(number, self._sector)


class Receiver:
    """One update. port: serial_port.UsbPort. key: the team's, or b'' for none. point: function() that makes the slot
    start next time. feed: function() that keeps the watchdog from restarting the board, a while."""

    def __init__(self, port, slot, key, point, feed):
        self._port = port
        self._feed = feed
        self._slot = slot
        self._key = key
        self._point = point
        self._header = bytearray(HEADER_BYTES)
        self._body = memoryview(bytearray(BODY_BYTES_MAX))

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
            self._feed()
            self._say(answer)
            if done:
                return

    def _do(self, kind, number, body):
        """Carry out a message; (whether it was the last, its answer)."""
        if kind == b"H":
            return False, "ok have=" + self._slot.held(bytes(body))
        if kind == b"S":
            self._slot.put(number, body)
            return False, "ok sector=%d" % number
        if kind == b"E":
            trailer = bytes(body)
            check(trailer, self._slot.view[: self._slot.image_sectors * SECTOR_BYTES], self._key, *update.takes())
            self._slot.finish(trailer)
            self._point()
            return True, "ok update is whole; the board restarts into it"
        if kind == b"Q":
            return True, "ok left; the board restarts as it was"
        raise Spoilt

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


def receive_update(port, key, watchdog):
    """Take one update into the idle slot of this board. Whatever comes of it, the board is to be restarted after."""
    port.interruptible(False)
    watchdog.start(_STUCK_MS)
    device, running, point = update.idle_slot()
    sectors = len(memoryview(device)) // SECTOR_BYTES - 1
    Receiver(port, Slot(device, running, sectors), key, point, watchdog.feed).run()
    time.sleep_ms(_LEAVES_MS)
