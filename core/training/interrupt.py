"""Ctrl-C and SIGTERM: finish the step, write a checkpoint, then stop."""

from __future__ import annotations

import signal
import threading
from typing import Any, Self

__all__ = ["Interrupts"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """While this lasts, the first signal sets ``asked``; a second one acts as ever.

    Only the main thread can catch signals; elsewhere it does nothing.
    """

    def __init__(self) -> None:
        """Not asked yet."""
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Catch."""
        if threading.current_thread() is threading.main_thread():
            for one in _SIGNALS:
                self._before[one] = signal.signal(one, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self._let_go()

    def _ask(self, *_: object) -> None:
        self.asked = True
        self._let_go()

    def _let_go(self) -> None:
        for one, before in self._before.items():
            signal.signal(one, before)
        self._before = {}
