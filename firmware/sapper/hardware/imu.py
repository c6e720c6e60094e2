"""The IMU, an LSM6DSOX (data sheet DS12814) on I2C1; optional, and looked for again every second where there is none.

The tick never waits for the bus. A burst of 14 bytes takes 0.42 ms at 400 kHz, and MicroPython's own transfer would
spend them all in a loop. But the whole burst, an address and 14 reads, has room in the I2C block's FIFOs of 16
(RP2040 datasheet 4.3): `read` takes what the burst begun by the last `read` has brought, and begins the next one. So
values are a tick old, and whatever the bus does, held low, silent, cut off in mid-byte, costs no time and raises
nothing: there is nothing in the FIFO.

On the virtual Pico, at 48 clocks a cache miss, with nothing of it in the hot set, a read takes 0.08 ms with a part and
0.03 without; a bus that is held low costs 0.6 ms once a second, in which it is clocked on.
"""

from array import array
from time import sleep_ms, sleep_us

from machine import I2C, Pin

import micropython
from micropython import const
from sapper.hardware.registers import peek, poke, push_words, swap_transfer
from sapper.shared.pins import GPIO

_BUS = const(1)
_BUS_HZ = const(400_000)
_ADDRESS = const(0x6A)
_ID = const(0x6C)
# I2C1 (RP2040 datasheet 4.3.17)
_I2C1 = const(0x40048000)
_TAR = const(0x40048004)
_DATA_CMD = const(0x40048010)
_CLR_TX_ABRT = const(0x40048054)
_ENABLE = const(0x4004806C)
_STATUS = const(0x40048070)  # bit 0: it is busy
_RXFLR = const(0x40048078)
_ABORTS = const(0x40048080)  # bit 0: nobody acknowledged the address
_READ = const(0x100)
_STOP = const(0x200)
_RESTART = const(0x400)
# The part's registers
_WHO_AM_I = const(0x0F)  # CTRL1_XL, CTRL2_G, CTRL3_C follow it
_CTRL1_XL = const(0x10)
_CTRL3_C = const(0x12)
_CTRL5_C = const(0x14)
_OUT_TEMP_L = const(0x20)
_ODR_104_HZ = const(0x40)  # of CTRL1_XL and CTRL2_G, and with it 2 g and 250 dps
_FS_4_G = const(0x08)
_BDU_IF_INC = const(0x44)
_SW_RESET = const(0x01)
_SELF_TEST = const(0x05)  # of CTRL5_C: both sensors pushed to the positive side

_ROW_BYTES = const(14)
_BURST_WORDS = const(15)
_LOOK_BYTES = const(4)

# What it is at: it waits to look again, has asked who is there, has reset it, has set it up, lets it settle, reads.
_WAITS, _LOOKS, _RESETS, _SETS, _SETTLES, _RUNS = range(6)
_AGAIN_READS = const(100)  # a second
_SETTLE_READS = const(12)  # the gyroscope needs 70 ms from power-down, its filter the rest
_SAME_READS = const(50)  # of the same row: the part is started anew
_LATE = const(1000)  # for a look at a transfer that has not ended; two are too many for one of half a millisecond

# What is wrong, `Imu.fault`; "" for nothing.
UNPLUGGED = "unplugged"
BUS = "bus"
WRONG_ID = "wrong_id"
STARTING = "starting"
REPEATS = "repeats"

# The self-test (data sheet 4.1; application note AN5272): how far the outputs move, least and most. 20..80 dps at 250
# dps full scale, 50..1700 mg, here in LSB of 4 g.
_GYRO_MOVES = (2286, 9142)
_ACCEL_MOVES = (410, 13_934)
_TEST_SETTLE_MS = const(100)
_TEST_ROWS = const(5)
_TICK_MS = const(10)
_AXES = ("gyro x", "gyro y", "gyro z", "accel x", "accel y", "accel z")


def _words(*values):
    return array("H", values)


_BURST = _words(_OUT_TEMP_L, _READ | _RESTART, *[_READ] * (_ROW_BYTES - 2), _READ | _STOP)
_LOOK = _words(_WHO_AM_I, _READ | _RESTART, _READ, _READ, _READ | _STOP)
_RESET = _words(_CTRL3_C, _SW_RESET | _STOP)
_SET = _words(_CTRL1_XL, _ODR_104_HZ, _ODR_104_HZ, _BDU_IF_INC | _STOP)
_SET_TEST_RANGE = _words(_CTRL1_XL, _ODR_104_HZ | _FS_4_G | _STOP)
_PUSHED = _words(_CTRL5_C, _SELF_TEST | _STOP)


class Imu:
    """`read` once a tick. 104 Hz, 250 dps (8.75 mdps a digit), 2 g (0.061 mg a digit), 256 digits a degree from 25 C.

    row: temp, gyro x, y, z, accel x, y, z as the part gave them, each sensor's of one moment. fresh: the last `read`
    put it there. present: a part of the right kind answers. seen: one did, since the start. fault: what is wrong, ""
    for nothing.
    """

    def __init__(self):
        self.row = array("h", [0] * 7)
        self.fresh = False
        self.present = False
        self.seen = False
        self.fault = UNPLUGGED
        self.id = 0
        self._sda = GPIO["I2C_SDA"]
        self._scl = GPIO["I2C_SCL"]
        self._head = bytearray(_LOOK_BYTES)
        self._step = _WAITS
        self._again = False  # the part is to be set up anew, whatever it is
        self._left = 0  # reads until a step that waits is over
        self._amiss = 0  # in a row: reads of the row before; and looks at a transfer that had not ended, _LATE each
        self._open()
        self._look()

    temp = property(lambda self: self.row[0])
    gyro_x = property(lambda self: self.row[1])
    gyro_y = property(lambda self: self.row[2])
    gyro_z = property(lambda self: self.row[3])
    accel_x = property(lambda self: self.row[4])
    accel_y = property(lambda self: self.row[5])
    accel_z = property(lambda self: self.row[6])

    @micropython.native
    def read(self):
        """True when `row` is of a tick ago; False when there is nothing new. Never waits, allocates nothing."""
        if self._step == _RUNS:
            changed = swap_transfer(_I2C1, self.row, _ROW_BYTES, _BURST, _BURST_WORDS)
            if changed >= 0:
                self.fresh = True
                if changed:
                    self._amiss = 0
                    return True
                self._amiss = self._amiss % _LATE + 1
                if self._amiss > _SAME_READS:
                    self._lose(REPEATS)  # it may have lost its power, or hang
                return True
        self.fresh = False
        if self._left > 1:
            self._left -= 1
        else:
            self._go_on()
        return False

    # What is not the rule

    def _open(self):
        """The block as after a reset, which ends whatever it was in."""
        I2C(_BUS, freq=_BUS_HZ, scl=Pin(self._scl), sda=Pin(self._sda))
        poke(_ENABLE, 0)
        poke(_TAR, _ADDRESS)
        poke(_ENABLE, 1)

    def _begin(self, step, words):
        for _ in range(peek(_RXFLR, 0, 31)):  # of a transfer that nobody waited for
            peek(_DATA_CMD, 0, 255)
        self._step = step
        self._left = 0
        push_words(_DATA_CMD, words, len(words))

    def _look(self):
        self._begin(_LOOKS, _LOOK)

    def _go_on(self):
        step = self._step
        if step == _WAITS:
            self._look()
        elif step == _SETTLES:
            self.fault = ""
            self._begin(_RUNS, _BURST)
        elif self._ended(_LOOK_BYTES if step == _LOOKS else _ROW_BYTES if step == _RUNS else 0):
            if step == _LOOKS:
                self._seen()
            elif step == _RESETS:
                self._begin(_SETS, _SET)
            elif step == _SETS:
                self._step = _SETTLES
                self._left = _SETTLE_READS

    def _ended(self, count):
        """Whether a transfer has ended well, with so many bytes. One that failed, or does not end, is given up."""
        aborts = peek(_ABORTS, 0, 0x1FFFF)
        if aborts:
            peek(_CLR_TX_ABRT, 0, 1)
            self._lose(UNPLUGGED if aborts & 1 else BUS)
            return False
        if not peek(_STATUS, 0, 1) and peek(_RXFLR, 0, 31) == count:
            return True
        self._amiss += _LATE
        if self._amiss >= 2 * _LATE:
            self._lose(BUS)
        return False

    def _lose(self, fault):
        """Look again: at once where all was well until now, as after a loose contact, else a second later."""
        self._left = 1 if self._step == _RUNS else _AGAIN_READS
        self._again = fault is REPEATS
        self._amiss = 0
        self._step = _WAITS
        self.present = False
        self.fault = fault
        if fault is BUS:
            self._clear_bus()

    def _seen(self):
        """Who is there has said so. A part that is set up already has not been without power: it goes on."""
        head = self._head
        swap_transfer(_I2C1, head, _LOOK_BYTES, _LOOK, 0)
        self.id = head[0]
        if self.id != _ID:
            self._lose(WRONG_ID)
            return
        self.seen = self.present = True
        if not self._again and head[1] == head[2] == _ODR_104_HZ and head[3] == _BDU_IF_INC:
            self.fault = ""
            self._begin(_RUNS, _BURST)
        else:
            self._set_up()

    def _set_up(self):
        self.fault = STARTING
        self._begin(_RESETS, _RESET)

    def _clear_bus(self):
        """A part that was cut off in mid-byte holds SDA low until it has been clocked on (I2C specification UM10204,
        3.1.16). 0.6 ms, once a second while the bus is held."""
        sda = Pin(self._sda, Pin.OPEN_DRAIN, value=1)
        if not sda.value():
            scl = Pin(self._scl, Pin.OPEN_DRAIN, value=1)
            for _ in range(9):
                scl.value(0)
                sleep_us(2)
                scl.value(1)
                sleep_us(2)
                if sda.value():
                    break
            sda.value(0)  # and let go with the clock high: a stop
            sleep_us(2)
            sda.value(1)
        self._open()

    # The self-test

    def self_test(self):
        """'' when the part's own test moves every output as far as the data sheet says, or none was ever fitted; else
        what is wrong. For a rover that stands: takes 0.3 s, and the part settles for 0.1 s after it.

        Simpler than the application note: one direction, at 104 Hz, and the accelerometer at 4 g.
        """
        if not self.seen:
            return ""  # none fitted
        if not self._until_running():
            return "the IMU does not run (%s); see its plug" % self.fault
        self._tell(_SET_TEST_RANGE)
        rest = self._mean(_TEST_SETTLE_MS // 2)
        self._tell(_PUSHED)
        pushed = self._mean(_TEST_SETTLE_MS)
        sleep_ms(1)
        self._set_up()  # the self-test ends with the reset
        if rest is None or pushed is None:
            return "the IMU fell silent in its self-test; see its plug"
        for i in range(6):
            moved = pushed[i] - rest[i]
            least, most = _GYRO_MOVES if i < 3 else _ACCEL_MOVES
            if not least <= moved <= most:
                return "%s moved by %d, not %d to %d, in the IMU's self-test; stand still, or change the IMU" % (
                    _AXES[i],
                    moved,
                    least,
                    most,
                )
        return ""

    def _until_running(self):
        for _ in range(2 * _SETTLE_READS):
            if self.read():
                return True
            sleep_ms(_TICK_MS)
        return False

    def _tell(self, words):
        """A write between two bursts: what `read` has begun is over in half a millisecond."""
        sleep_ms(1)
        push_words(_DATA_CMD, words, len(words))
        sleep_ms(1)

    def _mean(self, settle_ms):
        """The means of the six axes over some rows, or None when they do not come."""
        self.read()  # of before
        sleep_ms(settle_ms)
        self.read()
        sums = [0] * 6
        for _ in range(_TEST_ROWS):
            sleep_ms(_TICK_MS)
            if not self.read():
                return None
            for i in range(6):
                sums[i] += self.row[i + 1]
        return [total // _TEST_ROWS for total in sums]
