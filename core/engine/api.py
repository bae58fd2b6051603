"""What an engine is, and what it says of an item that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import attrs
from styletalker.core.errors import RunError, StyletalkerError

__all__ = ["Engine", "Failure", "ItemError"]

T = TypeVar("T")
R = TypeVar("R")


@attrs.frozen
class Failure:
    """An item that has no result."""

    reason: str
    """Why, in one line."""
    crashed: bool = attrs.field(default=False, kw_only=True)
    """Whether a process died on it (killed, out of memory, a fault in native code), twice."""
    kind: type[StyletalkerError] = attrs.field(default=RunError, kw_only=True)
    """Of which kind the error was."""

    @classmethod
    def of(cls, error: StyletalkerError) -> Failure:
        """What *error* says."""
        return cls(str(error), kind=type(error))

    def error(self) -> StyletalkerError:
        """An error to raise, for a caller that cannot go on without this item."""
        return self.kind(self.reason)


class ItemError(RuntimeError):
    """The work on an item raised something that is no user's mistake: a fault of the program.

    The text begins with the item's label; the cause holds the traceback of the process.
    """


class Engine(Protocol):
    """Maps a function over items in several processes.

    Engines can be pickled and hold nothing open between two calls.
    """

    def map(
        self, work: Callable[[T], R], items: Sequence[T], *, label: Callable[[T], str] = str
    ) -> Iterator[tuple[int, R | Failure]]:
        """Results as they are ready, each with the index of its item.

        Every item gets exactly one result. The processes end when the iterator is exhausted or
        closed, and with the process that asked, however that ends.

        Args:
            work: called with one item, in another process; must be picklable: an importable
                function, or an object of an importable class with ``__call__``. A process gets
                one copy and keeps it, so it may hold what is costly to load.
            items: picklable and small.
            label: what to call an item in an error.

        Yields:
            (index, what *work* returned), or (index, :class:`Failure`) if it raised a
            StyletalkerError, or if the process that worked on it died, and again in a second
            attempt.

        Raises:
            ItemError: *work* raised anything else.
            RunError: processes cannot be started, or *work* or an item cannot be pickled.
        """
        ...
