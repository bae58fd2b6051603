"""Distances of distributions of pictures: FID, and the same of other features under other names."""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import CheckpointError, InputError, compose
from styletalker.core.files import digest_of
from styletalker.core.interfaces.metric import Metric
from styletalker.core.public_files import find_public_file
from styletalker.evaluation.frechet import frechet_distance
from styletalker.evaluation.metrics.base import the_reference
from styletalker.evaluation.metrics.public_config import FidConfig

__all__ = ["FdDlib", "Fid", "FrechetMetric"]


class FrechetMetric(Metric, abstract=True):
    """Frechet distance between features of generated and of ground-truth pictures.

    All pictures of all clips go into one distance: there is no value for a clip, and no interval.
    See :func:`~styletalker.evaluation.frechet.frechet_distance`.
    """

    unit, direction, uses_reference, pooled = "1", "lower", True, True

    @abstractmethod
    def features(self, clip: Clip) -> NDArray[np.float32]:
        """Features [N, D] of the pictures of a clip that count.

        Raises:
            InputError: it has none.
        """

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``ours`` [N, D] and ``theirs`` [M, D]: the features of both."""
        truth = the_reference(self, reference)
        return {"ours": self.features(generated), "theirs": self.features(truth)}

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """The distance of all pictures of one side to all of the other."""
        sides = (np.concatenate([one[key] for one in measurements]) for key in ("ours", "theirs"))
        return frechet_distance(*sides)


class Fid(FrechetMetric):
    """FID: Frechet distance of the Inception features pool3 (2048), as pytorch-fid computes it.

    All frames of all clips in one distance, from the decoded frames (no JPEG or PNG between).

    **Pitfalls.** Fewer than 2048 frames give too high a number; it depends on resolution, on crop
    and on compression. A full frame that is mostly pasted pixels gives almost 0. Numbers by other
    networks are never FID.
    """

    config: FidConfig

    @property
    def title(self) -> str:
        """``FID``, with crop and step where they are not the usual."""
        step = f"every {self.config.every} frames" if self.config.every > 1 else ""
        parts = ["face crop" if self.config.crop == "face" else "", step]
        extra = ", ".join(part for part in parts if part)
        return f"FID ({extra})" if extra else "FID"

    def unavailable(self) -> str:
        """Which file is missing, if it is."""
        from styletalker.evaluation.inception_file import INCEPTION_FILE

        try:
            find_public_file(INCEPTION_FILE, self.config.weights)
        except CheckpointError as error:
            return str(error)
        return ""

    def weights(self) -> Mapping[str, str]:
        """The checksum of the file."""
        path = self._path()
        return {path.name: digest_of(path)}

    def features(self, clip: Clip) -> NDArray[np.float32]:
        """Features [N, 2048] of the frames that count; once for each clip."""
        from styletalker.evaluation.inception import inception

        network = inception(self._path())
        known = _FEATURES.setdefault(clip, {})
        key = (self._path(), self.config.crop, self.config.every)
        if key not in known:
            known[key] = network.of_frames(self._pictures(clip))
        return known[key]

    def _path(self) -> Path:
        from styletalker.evaluation.inception_file import INCEPTION_FILE

        return find_public_file(INCEPTION_FILE, self.config.weights)

    def _pictures(self, clip: Clip) -> NDArray[np.uint8]:
        from styletalker.evaluation.face_crop import FaceCrops, face_boxes
        from styletalker.evaluation.observe import observe

        every = slice(None, None, self.config.every)
        if self.config.crop == "frame":
            return clip.frames[every]
        return FaceCrops(clip.frames, face_boxes(observe(clip).track))[every][..., ::-1]


_FEATURES: weakref.WeakKeyDictionary[Clip, dict[tuple[Path, str, int], NDArray[np.float32]]]
_FEATURES = weakref.WeakKeyDictionary()
"""Features live as long as their clips: a ground truth is seen by several methods."""


class FdDlib(FrechetMetric):
    """FD-dlib: Frechet distance of dlib's identity vectors (128), of every 12th frame with a face.

    It tells apart sets of faces, where FID looks at whole pictures. Never FID.

    **Pitfall.** Few clips have few vectors: below some hundred frames it is mostly chance.
    """

    title = "FD-dlib"

    def features(self, clip: Clip) -> NDArray[np.float32]:
        """Identity vectors [N, 128]."""
        from styletalker.evaluation.observe import observe

        vectors = observe(clip).embeddings
        found = vectors[np.isfinite(vectors).all(1)]
        if not len(found):
            raise InputError(
                compose(f"clip {clip.name}: no face is found in the frames that count")
            )
        return found.astype(np.float32)
