"""Batches of portraits and other frames of the same clip."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from styletalker.core.training.frames import FrameCache
from torch import Tensor

__all__ = ["PairSource"]


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
        pictures = np.stack([cache.frames(clip, t, t + 1)[0] for t in frames])
        item = {"portrait": pictures[0], "targets": pictures[1:]}
        landmarks, visible = cache.landmarks(clip), cache.visible(clip)
        if landmarks is not None:
            points = np.asarray(landmarks[frames], np.float32)
            seen = np.ones(points.shape[:2], bool) if visible is None else visible[frames]
            item["portrait_landmarks"], item["target_landmarks"] = points[0], points[1:]
            item["visible"] = (seen[0] & seen[1:]).astype(np.float32)
        parameters = cache.parameters(clip)
        if parameters is not None and self._scale is not None:
            mean, deviation = self._scale
            item["parameters"] = ((parameters[frames[1:]] - mean) / deviation).astype(np.float32)
        return item


_STILL = 1e-3
"""Parameters that vary less than this over the corpus are left at about zero."""


def _scale_of(cache: FrameCache) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and standard deviation [P] of the parameters over all clips."""
    known = [cache.parameters(clip) for clip in range(cache.clips)]
    found = [one for one in known if one is not None]
    if not found:
        return None
    values = np.concatenate(found)
    return values.mean(0), values.std(0) + _STILL
