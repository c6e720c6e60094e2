"""The heap's collections, as the board counts them (board/sapper_heap.c). A laptop and an older image count none."""

try:
    from sapper_heap import collections, took_us
except ImportError:

    def collections():
        """How many there were since power-up."""
        return 0

    def took_us():
        """How long the last one took."""
        return 0
