"""Frames made in a thread of their own, while the last ones are written."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

import attrs

__all__ = ["made_ahead"]

_ITEM = TypeVar("_ITEM")
_DEPTH = 8
"""Frames that may wait: a third of a second, and little memory also at full HD."""


def made_ahead(items: Iterator[_ITEM]) -> Iterator[_ITEM]:
    """The same items, made a few ahead: rendering and encoding each leave Python's lock.

    An error comes where its item would have come. Leaving the iteration ends the thread.
    """
    maker = _Maker(items)
    thread = threading.Thread(target=maker.work, daemon=True, name="frames")
    thread.start()
    try:
        while (made := maker.line.get()) is not None:
            if isinstance(made, _Failed):
                raise made.error
            yield made.item
    finally:
        maker.over.set()
        thread.join()


@attrs.frozen
class _Made(Generic[_ITEM]):
    item: _ITEM


@attrs.frozen
class _Failed:
    error: BaseException


class _Maker(Generic[_ITEM]):
    """Puts items into a line until it is told that nobody takes them any more."""

    def __init__(self, items: Iterator[_ITEM]) -> None:
        self.line: queue.Queue[_Made[_ITEM] | _Failed | None] = queue.Queue(_DEPTH)
        self.over = threading.Event()
        self._items = items

    def work(self) -> None:
        """Make everything; None is put behind the last item."""
        try:
            for item in self._items:
                self._put(_Made(item))
                if self.over.is_set():
                    return
            self._put(None)
        except BaseException as error:
            self._put(_Failed(error))

    def _put(self, entry: _Made[_ITEM] | _Failed | None) -> None:
        while not self.over.is_set():
            try:
                self.line.put(entry, timeout=0.1)
            except queue.Full:
                continue
            return
