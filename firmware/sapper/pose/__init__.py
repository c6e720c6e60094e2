"""Where the rover is in the field, and how sure that is: tracks, gyro and GNSS made one. Pure; imports `shared`."""
