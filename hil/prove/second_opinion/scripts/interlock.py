# The firmware's own interlock (MOTOR_EN is GPIO 16): armed and fed, then fed no more (GPIO 6 rises); armed again, and
# the loop is opened from outside while it is fed; armed with the loop open.
# mypy: ignore-errors
from sapper.hardware.interlock import Interlock

lock = Interlock()


def feed(times):
    for _ in range(times):
        wait_us(1000)
        lock.feed()


begin()
lock.arm()
feed(5)
first.on()
wait_us(60000)
tell("without_feed", lock.enabled())
feed(2)
tell("fed_again", lock.enabled())
lock.arm()
feed(10)
tell("loop_open", lock.enabled())
lock.arm()
feed(2)
tell("armed_with_loop_open", lock.enabled())
end()
