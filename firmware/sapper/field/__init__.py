"""The rover in its field: where it is, by tracks, gyro and GNSS, and the ground it may go on. Pure, its sensors are
handed in; imports `ground`, `pose`, `sensors`, `shared`.
"""
