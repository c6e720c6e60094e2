"""A radio that loses some of what it carries, and all of it while it is cut; between a program and a rig's line."""

from __future__ import annotations

import os
import random
import select
import threading
import time
import tty
from typing import Self


class LossyLine:
    """A context manager; `port` is what the program opens. loss: how much of what comes is lost, each way. last_byte_s:
    when the program was last given something."""

    def __init__(self, port: str, seed: int = 1) -> None:
        self.loss = 0.0
        self.cut = False
        self.last_byte_s = 0.0
        self._random = random.Random(seed)
        self._board = os.open(port, os.O_RDWR | os.O_NOCTTY)
        self._master, self._slave = os.openpty()
        for fd in (self._board, self._slave):
            tty.setraw(fd)
        self.port = os.ttyname(self._slave)
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._thread.join(timeout=5)
        for fd in (self._board, self._master, self._slave):
            os.close(fd)

    def _carry(self) -> None:
        ways = {self._board: self._master, self._master: self._board}
        while not self._leave.is_set():
            for came in select.select(list(ways), [], [], 0.05)[0]:
                data = os.read(came, 64)  # at a time: a burst of noise spoils no more
                if self.cut or self._random.random() < self.loss:
                    continue
                os.write(ways[came], data)
                if came == self._board:
                    self.last_byte_s = time.monotonic()
