"""All hardware of the board, made once, in the order that is safe: the interlock first, MOTOR_EN low."""

import sys

from sapper.hardware.acquisition import Acquisition
from sapper.hardware.encoder import Encoder
from sapper.hardware.indicators import Indicators
from sapper.hardware.inputs import Inputs
from sapper.hardware.interlock import Interlock
from sapper.hardware.motor import Motor
from sapper.hardware.pulser import Pulser
from sapper.hardware.serial_port import RadioPort, UsbPort
from sapper.hardware.watchdog import Watchdog
from sapper.hardware.xip_cache import XipCache


class Board:
    """The parts, by name."""

    def __init__(self):
        self.interlock = Interlock()
        self.motors = (Motor(0), Motor(1))
        self.inputs = Inputs()
        self.encoders = (Encoder(0), Encoder(1))
        self.pulser = Pulser()
        self.acquisition = Acquisition()
        self.indicators = Indicators()
        self.usb = UsbPort()
        self.radio = RadioPort()
        self.imu = self.gnss = None  # of a field: open_field
        self.watchdog = Watchdog()
        self.cache = XipCache()

    def open_field(self, gnss_baud):
        """The sensors of a field. Boards without one do without their modules."""
        from sapper.hardware.gnss_port import GnssPort
        from sapper.hardware.imu import Imu

        self.gnss = GnssPort(gnss_baud)
        self.imu = Imu()

    def make_safe(self):
        """However the program ends: MOTOR_EN low, motor pins low, coil, marker and buzzer off, watchdog stopped.

        An error in one part must not keep the next from being made safe.
        """
        for act in (
            self.interlock.drop,
            self.motors[0].release,
            self.motors[1].release,
            self.pulser.stop,
            self.indicators.off,
            self.acquisition.stop,
            self.watchdog.stop,
        ):
            try:
                act()
            except Exception as error:
                sys.print_exception(error)
        self.usb.interruptible(True)
