"""UARTs take the time bytes take; the USB host holds, stops reading, goes away and comes back."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual
MS = 1_000_000
BYTE_NS = 10 * 1_000_000_000 / 57_600


def open_uart(repl, number=0, tx=0, rx=1, more=""):
    repl.execute(f"u = machine.UART({number}, 57600, tx=Pin({tx}), rx=Pin({rx}){more})")


def test_bytes_leave_at_the_baud_rate(repl):
    open_uart(repl)
    repl.pico.uart[0].read()
    repl.execute("u.write(b'0123456789'); u.flush()")
    received = repl.pico.uart[0].read()
    assert b"".join(data for _, data in received) == b"0123456789"
    times = [t for t, _ in received]
    assert (times[-1] - times[0]) / 9 == pytest.approx(BYTE_NS, rel=2e-3)


def test_bytes_arrive_at_the_baud_rate(repl):
    open_uart(repl, more=", rxbuf=64")
    at = repl.pico.now_ns + 3 * MS
    repl.pico.uart[0].write(b"hello radio", at_ns=at)
    repl.pico.run(3 * MS + int(5.5 * BYTE_NS))
    assert repl.pico.uart_backlog[0] == 6
    repl.pico.run(10 * MS)
    assert repl.execute("print(u.read())").strip() == "b'hello radio'"


def test_a_uart_nobody_serves_overruns_at_32_bytes(repl):
    """The handler is kept from running: 32 bytes stay in the FIFO, the rest is lost and the overrun flag is up."""
    open_uart(repl, number=1, tx=20, rx=21, more=", rxbuf=256")
    repl.start(
        "irq = machine.disable_irq()\nfor _ in range(20000): pass\nmachine.enable_irq(irq)\nprint(len(u.read()))"
    )
    repl.pico.run(MS)
    repl.pico.uart[1].write(bytes(range(100)))
    kept = int(repl.finish())
    assert 32 <= kept < 100


def test_what_the_firmware_prints_waits_while_the_host_does_not_read(repl):
    pico = repl.pico
    pico.usb.reading = False
    pico.usb.write(b"for i in range(20): print('line', i)\n\x04")
    pico.run(200 * MS)
    assert pico.usb.read() == []
    pico.usb.reading = True
    repl.expect(b"\x04\x04>")


def test_a_closed_port_is_not_read_and_the_firmware_can_tell(repl):
    pico = repl.pico
    pico.usb.dtr = False
    pico.run(20 * MS)
    assert pico.usb.read() == []
    pico.usb.dtr = True
    pico.run(20 * MS)
    assert repl.execute("print(1)").strip() == "1"


def test_unplugging_and_plugging_in_enumerates_anew(repl):
    pico = repl.pico
    pico.usb.unplug()
    pico.run(50 * MS)
    assert pico.usb.state == "unplugged"
    pico.usb.plug()
    pico.run(100 * MS)
    assert pico.usb.state == "configured"
    assert repl.execute("print(2)").strip() == "2"


def test_a_board_that_does_not_read_makes_the_host_wait_and_loses_nothing(repl):
    pico = repl.pico
    repl.start("import sys\ntime.sleep_ms(300)\nprint(sum(sys.stdin.buffer.read(20000)))")
    payload = bytes(32 + i * 7 % 90 for i in range(20_000))
    pico.usb.write(payload)
    pico.run(100 * MS)
    assert pico.usb_backlog > 15_000
    assert int(repl.finish()) == sum(payload)


def test_long_output_comes_whole_and_in_order(repl):
    out = repl.execute("print(''.join('%05d' % i for i in range(4000)))", timeout_ms=8000)
    assert out.strip() == "".join(f"{i:05d}" for i in range(4000))
