"""What takes the frames of a video, one at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["FrameSink"]


class FrameSink(ABC):
    """What takes frames one at a time; leaving its block without an exception keeps them."""

    @abstractmethod
    def write(self, frame: NDArray[np.uint8]) -> None:
        """Take the next frame [H, W, 3], uint8 RGB."""

    @abstractmethod
    def close(self) -> None:
        """Finish: what was written appears under its name."""

    @abstractmethod
    def abort(self) -> None:
        """Give up: nothing is left."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish, or give up when there is an exception."""
        if kind is None:
            self.close()
        else:
            self.abort()
