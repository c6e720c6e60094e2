"""All hardware of the board, made once, in the order that is safe: the interlock first, MOTOR_EN low."""

from sapper.acquisition import Acquisition
from sapper.encoder import Encoder
from sapper.indicators import Indicators
from sapper.inputs import Inputs
from sapper.interlock import Interlock
from sapper.motor import Motor
from sapper.pulser import Pulser
from sapper.serial_port import RadioPort, UsbPort
from sapper.watchdog import Watchdog


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
        self.watchdog = Watchdog()

    def make_safe(self):
        """However the program ends: MOTOR_EN low, motor pins low, coil, marker and buzzer off, watchdog stopped."""
        self.interlock.drop()
        for motor in self.motors:
            motor.release()
        self.pulser.stop()
        self.indicators.off()
        self.acquisition.stop()
        self.watchdog.stop()
        self.usb.interruptible(True)
