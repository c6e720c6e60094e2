"""The GNSS receiver's line: UART1, optional as the receiver is."""

from sapper.hardware.serial_port import UartPort
from sapper.shared.pins import GPIO, UART_GNSS


class GnssPort(UartPort):
    """`read_into(buffer)` what the receiver says, `write(buffer, at, most)` what it is told. Its receive buffer holds a
    kilobyte, a quarter of a second at 38,400 baud."""

    def __init__(self, baud):
        super().__init__(UART_GNSS, baud, GPIO["GNSS_TX"], GPIO["GNSS_RX"])
