"""What senses the world beside the detector: a GNSS receiver's bytes -> fixes, and corrections on their way to it; an
IMU's rows -> turn and tilt. Pure; imports `shared`.
"""
