"""The serial lines as the chip has them: USB with a small buffer and a host that may not read, UARTs at their pace.

Lines: 0 USB, 1 and 2 the UARTs.
"""

import clock
import exchange
import micropython

USB, UART0, UART1 = 0, 1, 2
_CHUNK = 1024
_USB_BUFFER = 256
_USB_US = 125  # for a packet of 64 bytes
_FLAG_READS = 1 << 8
_FLAG_OPEN = 1 << 9


class Usb:
    """The CDC port. `interrupt_char`: that byte raises KeyboardInterrupt instead of being read (-1: none)."""

    def __init__(self):
        self.received = bytearray()
        self.interrupt_char = -1
        self.wait_ms = 500  # a write waits so long for room while Ctrl-C is on (mpconfigboard.h)
        self._filled = 0
        self._drained_at = 0
        self._pending = False

    def arrive(self, data):
        """Bytes from the host; it waits while the buffer is full, so none are lost."""
        self.received.extend(data)
        clock.alarm("usb", clock.now + 1000, self._look)

    def _look(self):
        at = self.received.rfind(bytes((self.interrupt_char,))) if self.interrupt_char >= 0 else -1
        if at >= 0:
            self.received = self.received[at + 1 :]
            raise KeyboardInterrupt

    def move(self, us):
        """The clock begins so much later."""
        packets = (us - self._drained_at) // _USB_US
        self._drain(packets)
        self._drained_at += packets * _USB_US - us

    @micropython.native
    def room(self):
        """Free bytes of the transmit buffer."""
        if not exchange.flags & _FLAG_OPEN:
            return 1 << 20
        packets = (clock.now - self._drained_at) // _USB_US
        self._drained_at += packets * _USB_US
        self._drain(packets)
        return _USB_BUFFER - self._filled

    def _drain(self, packets):
        if exchange.flags & _FLAG_READS:
            self._filled = max(0, self._filled - 64 * packets)

    @micropython.native
    def write(self, data):
        """Send what there is room for; the count."""
        view = memoryview(data)
        sent = 0
        waited = 0
        while sent < len(view):
            count = min(self.room(), len(view) - sent, _CHUNK)
            if count <= 0:
                if self.interrupt_char < 0 or waited >= self.wait_ms:
                    break
                waited += 1
                clock.advance(1000)
                continue
            if exchange.flags & _FLAG_OPEN:
                self._filled += count
                exchange.record_bytes(clock.now, USB, view[sent : sent + count])
            sent += count
        return sent


class Uart:
    """One UART: ten bits a byte each way, a receive buffer that overflows."""

    def __init__(self, line, baud, rxbuf, txbuf):
        self._line = line
        self._byte_us = 10_000_000 / baud
        self._rxbuf = rxbuf
        self._txbuf = txbuf
        self._coming = []  # [time of the last byte's end, bytes]
        self._buffer = bytearray()
        self._rx_free = 0.0
        self._tx_free = 0.0
        self.lost = 0

    def arrive(self, data):
        """Bytes on the wire, one after the other."""
        start = max(self._rx_free, clock.now)
        self._rx_free = start + len(data) * self._byte_us
        self._coming.append([start, data])

    def _catch_up(self):
        coming = self._coming
        while coming:
            start, data = coming[0]
            count = min(len(data), int((clock.now - start) / self._byte_us))
            if count <= 0:
                return
            room = self._rxbuf - len(self._buffer)
            self._buffer.extend(data[: min(count, room)])
            self.lost += max(0, count - room)
            if count == len(data):
                coming.pop(0)
            else:
                coming[0] = [start + count * self._byte_us, data[count:]]

    def deaf(self, since):
        """Interrupts were off from `since` to now: what the hardware's 32 bytes did not hold is lost."""
        coming = self._coming
        if coming and coming[0][0] < clock.now:
            start, data = coming[0]
            came = min(len(data), int((clock.now - start) / self._byte_us))
            kept = min(came, 32)
            self.lost += came - kept
            self._buffer.extend(data[:kept])
            coming[0] = [start + came * self._byte_us, data[came:]]

    def move(self, us):
        """The clock begins so much later."""
        self._rx_free = max(0.0, self._rx_free - us)
        self._tx_free = max(0.0, self._tx_free - us)
        for chunk in self._coming:
            chunk[0] -= us

    @micropython.native
    def any(self):
        """Bytes that wait."""
        if self._coming:
            self._catch_up()
        return len(self._buffer)

    def read(self, most):
        """At most so many of them."""
        self.any()
        data = self._buffer[:most]
        self._buffer = self._buffer[most:]
        return data

    def write(self, data):
        """Queue what the buffer has room for; the count."""
        queued = max(0.0, self._tx_free - clock.now) / self._byte_us
        count = min(len(data), int(self._txbuf - queued))
        if count > 0:
            self._tx_free = max(self._tx_free, clock.now) + count * self._byte_us
            view = memoryview(data)
            for at in range(0, count, _CHUNK):
                exchange.record_bytes(int(self._tx_free), self._line, view[at : min(at + _CHUNK, count)])
        return max(0, count)


usb = Usb()
uarts = [None, None]


def _move(us):
    usb.move(us)
    for uart in uarts:
        if uart:
            uart.move(us)


def _arrive(line, data):
    if line == USB:
        usb.arrive(data)
    elif uarts[line - 1]:
        uarts[line - 1].arrive(data)


exchange.takers["serial"] = _arrive
clock.movers.append(_move)
