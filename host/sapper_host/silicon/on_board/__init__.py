"""Programs that are sent to a board and run there, by MicroPython; nothing on this machine imports them."""
