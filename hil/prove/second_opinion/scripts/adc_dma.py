# 240 samples of a round robin over five inputs at 40,000 a second go by DMA to memory (GPIO 6 high meanwhile); then 40
# single conversions of one input (GPIO 7 high meanwhile).
# mypy: ignore-errors
CS, FCS, FIFO, DIV = 0x4004C000, 0x4004C008, 0x4004C00C, 0x4004C010
SAMPLES = 240
for gpio in (26, 27, 28, 29):
    ADC(Pin(gpio))
store = array("H", [0] * SAMPLES)
dma = rp2.DMA()
mem32[CS] = 0b11
mem32[FCS] = 1 | 1 << 3 | 1 << 24 | 3 << 10
mem32[DIV] = (1200 - 1) << 8
control = dma.pack_ctrl(size=1, inc_read=False, inc_write=True, treq_sel=36)
dma.config(read=FIFO, write=uctypes.addressof(store), count=SAMPLES, ctrl=control, trigger=True)
begin()
first.on()
mem32[CS] = 0b11 | 1 << 3 | 0b11111 << 16
while dma.active():
    pass
first.off()
mem32[CS] = 0b11
mem32[FCS] = 0
dma.close()

single = ADC(Pin(27))
total = 0
second.on()
for _ in range(40):
    total += single.read_u16()
second.off()
end()
for i in range(5):
    seen = [store[j] for j in range(i, SAMPLES, 5)]
    tell("input_%d" % i, (min(seen), max(seen)))
tell("single", total // 40)
