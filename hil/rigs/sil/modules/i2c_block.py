"""I2C1's block as far as sapper/hardware/imu.py uses it: transfers put into its FIFO whole, an address that
nobody acknowledges, a bus that is held low. What it reads is the part's (lsm6dsox.py) at the transfer's beginning, and
is there at its end.
"""

import clock
import lsm6dsox
import micropython
import uctypes

_DEPTH = 16
_READ = 0x100
_STOP = 0x200
_NO_ACKNOWLEDGE = 1
_LOST = 1 << 12
# What pico-sdk makes of 400 kHz: 332 clocks of 8 ns a bit, as on the virtual Pico.
_BIT_US = 2.656

_enabled = False
_address = 0
_bit_us = _BIT_US
_words = []
_came = []
_aborts = 0
_done_at = 0  # when the bus is free again, and what it brought can be seen


def reset(freq):
    """The block as after a reset."""
    global _enabled, _aborts, _done_at, _bit_us, _words, _came
    _enabled, _aborts, _done_at = True, 0, clock.now
    _bit_us = _BIT_US * 400_000 / freq
    _words, _came = [], []


def enable(value):
    """On, or off."""
    global _enabled
    _enabled = bool(value & 1)


def write_target(address):
    """Whom the transfers are for."""
    global _address
    _address = address


@micropython.native
def write_data(word):
    """A command; with its last one a transfer begins."""
    if not _enabled or _aborts or len(_words) >= _DEPTH:
        return
    _words.append(word)
    if word & _STOP:
        _transfer()


def _transfer():
    global _words, _aborts, _done_at
    words, _words = _words, []
    begun = _done_at if _done_at > clock.now else clock.now
    bytes_ = 0
    reading = None
    part = lsm6dsox.at(_address)
    if lsm6dsox.sda_low:
        _aborts = _LOST
        bytes_ = 1
    else:
        for word in words:
            if reading != (word & _READ):
                reading = word & _READ
                bytes_ += 1
                if part is None:
                    _aborts = _NO_ACKNOWLEDGE
                    break
                part.begin()
            bytes_ += 1
            if reading:
                _came.append(part.read())
            else:
                part.write(word & 255)
    if _aborts:
        _came.clear()
    _done_at = begun + int((9 * bytes_ + 3) * _bit_us)


def received():
    """Bytes that can be taken."""
    return len(_came) if clock.now >= _done_at else 0


def read_data():
    """A byte that came."""
    return _came.pop(0) if received() else 0


@micropython.native
def pull(to, count):
    """Take bytes that came; how many of them are others than those that they replace."""
    view = memoryview(to) if isinstance(to, bytearray) else _bytes_of(to)
    changed = 0
    for i in range(count):
        byte = read_data()
        if view[i] != byte:
            view[i] = byte
            changed += 1
    return changed


def _bytes_of(words):
    """The bytes of an array of half-words."""
    return uctypes.bytearray_at(uctypes.addressof(words), 2 * len(words))


def status():
    """Bit 0: it is busy."""
    return 1 if clock.now < _done_at else 0


def aborts():
    """Why a transfer was given up."""
    return _aborts if clock.now >= _done_at else 0


def clear_abort():
    """What failed is forgotten."""
    global _aborts
    _aborts = 0
    return 0


def _move(us):
    global _done_at
    _done_at -= us


clock.movers.append(_move)
