# MicroPython runs this first, for a file system. The instrument has none.
pass
