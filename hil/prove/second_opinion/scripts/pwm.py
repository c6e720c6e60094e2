# PWM on both outputs of a slice: duties and the frequency changed on the way, each just after the fall of GPIO 6. Waits
# end half a period from such a fall: which one comes next is never a matter of a clock more or less.
# mypy: ignore-errors
fast, fast_too = PWM(first, freq=20_000, duty_u16=13107), PWM(second, freq=20_000, duty_u16=52428)
begin(first)
wait_us(925)
wait_fall(first)
fast.duty_u16(40000)
wait_us(925)
wait_fall(first)
fast_too.duty_ns(2500)
wait_us(925)
wait_fall(first)
fast.freq(1500)
wait_us(2500)
end()
tell("frequencies", (fast.freq(), fast_too.freq()))
tell("duties", (fast.duty_u16(), fast_too.duty_u16()))
for pwm in (fast, fast_too):
    pwm.deinit()
