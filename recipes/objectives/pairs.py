"""Batches of portraits and other frames of the same clip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.training.frames import FrameCache
from torch import Tensor

__all__ = ["PairCut", "PairSource", "scale_of"]


class PairSource:
    """An item is a random clip: one frame as the portrait, some others as targets.

    Batches hold ``portrait`` uint8 [B, H, W, 3] and ``targets`` uint8 [B, T, H, W, 3]; where the
    corpus knows them also ``portrait_landmarks`` [B, 68, 2] and ``target_landmarks``
    [B, T, 68, 2] in pixels, ``visible`` [B, T, 68] (in both pictures; 0 or 1), and ``parameters``
    [B, T, P], each of zero mean and unit variance over the clips.
    """

    def __init__(self, cache: FrameCache, *, seed: int, batch: int, targets: int) -> None:
        """Draw *batch* clips of *cache* per step, and *targets* frames of each."""
        self.cache, self.seed, self.batch_size, self.targets = cache, seed, batch, targets
        self._scale = _scale_of(cache)

    @property
    def parameters(self) -> int:
        """P: how many animation parameters are known of a frame; 0 for none."""
        return len(self.cache.parameter_names)

    @property
    def knows_landmarks(self) -> bool:
        """Whether landmarks are known."""
        return self.cache.landmarks(0) is not None

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        """Items *rows* of the batch of *step*."""
        rng = np.random.default_rng([self.seed, step])
        clips = rng.integers(self.cache.clips, size=self.batch_size)
        places = rng.random((self.batch_size, 1 + self.targets))
        items = [self._item(int(clips[row]), places[row]) for row in rows]
        return {
            name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]
        }

    def _item(self, clip: int, places: np.ndarray) -> dict[str, np.ndarray]:
        cache = self.cache
        frames = (places * cache.lengths[clip]).astype(int)
        landmarks, visible = cache.landmarks(clip), cache.visible(clip)
        parameters = cache.parameters(clip)
        return _pair(
            np.stack([cache.frames(clip, t, t + 1)[0] for t in frames]),
            None if landmarks is None else landmarks[frames],
            None if visible is None else visible[frames],
            None if parameters is None else parameters[frames],
            self._scale,
        )


@attrs.frozen(eq=False)
class PairCut:
    """A portrait and targets of a clip that is at hand, as a :class:`PairSource` gives them."""

    targets: int
    """Frames besides the portrait."""
    scale: tuple[np.ndarray, np.ndarray] | None = None
    """Mean and deviation [P] by which animation parameters are made comparable; None for none."""

    def __call__(self, clip: Clip, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """``portrait``, ``targets``, and what else the clip knows."""
        frames = (rng.random(1 + self.targets) * len(clip.frames)).astype(int)
        return _pair(
            clip.frames[frames],
            None if clip.landmarks is None else clip.landmarks[frames],
            None if clip.visible is None else clip.visible[frames],
            None if clip.parameters is None else clip.parameters[frames],
            self.scale,
        )


def _pair(
    pictures: np.ndarray,
    landmarks: np.ndarray | None,
    visible: np.ndarray | None,
    parameters: np.ndarray | None,
    scale: tuple[np.ndarray, np.ndarray] | None,
) -> dict[str, np.ndarray]:
    """An item of some frames, the first of which is the portrait."""
    item = {"portrait": pictures[0], "targets": pictures[1:]}
    if landmarks is not None:
        points = np.asarray(landmarks, np.float32)
        seen = np.ones(points.shape[:2], bool) if visible is None else visible
        item["portrait_landmarks"], item["target_landmarks"] = points[0], points[1:]
        item["visible"] = (seen[0] & seen[1:]).astype(np.float32)
    if parameters is not None and scale is not None:
        mean, deviation = scale
        item["parameters"] = ((parameters[1:] - mean) / deviation).astype(np.float32)
    return item


_STILL = 1e-3
"""Parameters that vary less than this over the corpus are left at about zero."""


def _scale_of(cache: FrameCache) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and standard deviation [P] of the parameters over all clips."""
    return scale_of(cache.parameters(clip) for clip in range(cache.clips))


def scale_of(parameters: Iterable[np.ndarray | None]) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and standard deviation [P] of clips' parameters [T, P]; None if none has any."""
    found = [one for one in parameters if one is not None]
    if not found:
        return None
    values = np.concatenate(found)
    return values.mean(0), values.std(0) + _STILL
