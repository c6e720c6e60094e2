# Runs on the boards of test_imu.py in the application's place: reads the IMU every 10 ms and tells what it has of it.
# A byte from the host: `t` the self-test, `x` the end.
# mypy: ignore-errors
import time


def main():
    from sapper.hardware.imu import Imu
    from sapper.hardware.serial_port import UsbPort

    begun = time.ticks_us()
    imu = Imu()
    print("made", time.ticks_diff(time.ticks_us(), begun))
    port = UsbPort()
    port.interruptible(False)
    heard = bytearray(8)
    due = time.ticks_us()
    while True:
        due = time.ticks_add(due, 10_000)
        while time.ticks_diff(due, time.ticks_us()) > 0:
            time.sleep_us(20)
        begun = time.ticks_us()
        fresh = imu.read()
        took = time.ticks_diff(time.ticks_us(), begun)
        fault = imu.fault or "-"
        print("imu", int(fresh), int(imu.fresh), int(imu.present), fault, hex(imu.id), took, *imu.row)
        if port.read_into(heard):
            if heard[0] == ord("x"):
                break
            begun = time.ticks_us()
            wrong = imu.self_test()
            print("test", time.ticks_diff(time.ticks_us(), begun), wrong)
            due = time.ticks_us()
