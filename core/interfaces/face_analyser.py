"""FaceAnalyser: where the faces are, how they move, and who they are."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.contract import Contract

__all__ = ["Face", "FaceAnalyser"]


@attrs.frozen(kw_only=True, eq=False)
class Face:
    """A face in an image; coordinates are pixels, x to the right, y down."""

    box: NDArray[np.float32]
    """[4]: left, top, right, bottom."""
    score: float
    """Confidence of the detector; higher is surer, the scale is the detector's own."""
    landmarks: NDArray[np.float32]
    """[K, 2], iBUG order, K = 68."""
    embedding: NDArray[np.float32] | None = None
    """Identity vector [E], if asked for: compare by cosine similarity."""


class FaceAnalyser(Contract, interface=True):
    """Looks at faces.

    **Maps** ``image [H, W, 3] uint8 RGB -> faces``, the largest first; none is an empty tuple,
    not an error. Any resolution and aspect ratio.

    **State.** None: the same image gives the same faces. Tracking over time is built on top.

    **Licences.** Face models often forbid commercial use: say so in ``licence`` and in the docs.

    **Raises** InputError for an array that is not such an image, CheckpointError (which public
    file, where to put it) where weights are missing.
    """

    def __init__(self, config: Any) -> None:
        """Build it from an instance of its configuration class."""
        self.config = config

    @property
    @abstractmethod
    def embedding_dim(self) -> int:
        """Channels E of an identity vector; 0 if it gives none."""

    @abstractmethod
    def analyse(self, image: NDArray[np.uint8], *, embed: bool = False) -> tuple[Face, ...]:
        """The faces in an image, the largest first; with identity vectors if *embed*."""
