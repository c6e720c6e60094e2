"""A made-up IMU for the tests of inertial.py: runs under MicroPython, too."""

from array import array

LSB_URAD_S = 152.716  # 8.75 mdps
G = 16_384

_state = 99


def begin():
    """The same chance again."""
    global _state
    _state = 99


def pick(low, high):
    """A number from low to high: the same row of them everywhere."""
    global _state
    _state = (_state * 1103515245 + 12345) & 0x3FFFFFFF
    return low + (_state >> 8) % (high - low + 1)


def noise(most):
    """About 0, and beyond `most` now and then."""
    return pick(-most, most) + pick(-most, most)


class Imu:
    """As hardware/imu.py shows itself. bias: of gyro z, in digits; turn: what is added to it."""

    def __init__(self, bias=0, spread=3):
        self.row = array("h", [0] * 7)
        self.fresh = True
        self.fault = ""
        self.bias = bias
        self.spread = spread
        self.temp = 256
        self.turn = 0
        self.accel = (0, 0, G)

    def felt(self):
        """The next row."""
        row = self.row
        row[0] = self.temp
        for i in range(3):
            value = noise(self.spread) + (self.bias + self.turn if i == 2 else 0)
            row[1 + i] = max(-32768, min(32767, value))
            row[4 + i] = max(-32768, min(32767, self.accel[i] + noise(7)))
        self.fresh = True
        self.fault = ""
        return self

    def none(self, fault):
        """Nothing new."""
        self.fresh = False
        self.fault = fault
        return self


def stand(inertial, imu, ticks=101):
    """It stands for so long, and is felt."""
    for _ in range(ticks):
        inertial.take(imu.felt(), True, 10)


def drive(inertial, imu, ticks, elapsed_ms=10):
    """It moves for so long: what it is said to have turned, urad."""
    total = 0
    for _ in range(ticks):
        total += inertial.take(imu.felt(), False, elapsed_ms)
    return total
