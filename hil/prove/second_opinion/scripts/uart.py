# 100 bytes over UART 0, which the far end sends back: that they come, whole. GPIO 6 is high while 20 more are sent.
# mypy: ignore-errors
uart = UART(0, 115200, rxbuf=256)
sent = bytes((i * 7 + 3) & 255 for i in range(100))
came = b""
uart.write(sent)
until = time.ticks_add(time.ticks_ms(), 60)
while len(came) < len(sent) and time.ticks_diff(until, time.ticks_ms()) > 0:
    came += uart.read() or b""
tell("came", len(came))
tell("same", came == sent)
begin()
first.on()
uart.write(bytes(20))
uart.flush()
first.off()
end()
