"""Which lips go with which sound, learnt as the odds of offsets and of no offset at all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from styletalker.core.training.draws import Draws
from styletalker.core.training.objective import Objective
from styletalker.plugins.preparation.offset.lips import lip_measures
from styletalker.plugins.preparation.offset.network import LipMatcher, shifted_products
from styletalker.recipes.objectives.lip_examples import LipExamples
from torch import Tensor
from torch.nn import functional

__all__ = ["LipMatching", "LipWindows", "found_in_time", "seen_landmarks"]

MOST = 15
"""Shifts of -15 to 15 frames are told apart, as SyncNet does."""
_SHORTEST, _LONGEST = 40, 104
"""Frames of a batch's windows."""
_SLACK = (0.15, 0.7, 0.15)
"""How sure the truth is: lips are a frame early or late as they please."""
_WANDER_FRAMES = 6
"""Points that wander change their direction every so many frames."""
_EYES = (36, 45)
"""Landmarks of the outer corners of the eyes, whose distance scales the noise."""


def seen_landmarks(rng: np.random.Generator, points: NDArray[np.float32]) -> NDArray[np.float32]:
    """True landmarks [T, 68, 2] as an analyser of real videos finds them.

    Points waver from frame to frame, wander slowly and jump at times; some trackers smooth.
    """
    frames = len(points)
    size = float(np.linalg.norm(points[:, _EYES[0]] - points[:, _EYES[1]], axis=-1).mean())
    wavers, wanders = size * 10 ** rng.uniform(-2.7, -1.6), size * 10 ** rng.uniform(-2.7, -1.7)
    seen = points + wavers * rng.standard_normal(points.shape, np.float32)
    turns = rng.standard_normal((frames // _WANDER_FRAMES + 2, points[0].size), np.float32)
    at = np.arange(frames)[:, None] / _WANDER_FRAMES - np.arange(len(turns))
    between = np.maximum(1 - np.abs(at), 0).astype(np.float32)  # straight lines from turn to turn
    seen += wanders * (between @ turns).reshape(points.shape)
    jumps = rng.random((frames, 1, 1)) < rng.uniform(0, 0.03)
    seen += jumps * (size * 0.03 * rng.standard_normal(points.shape, np.float32))
    if rng.random() < 0.5:
        seen = gaussian_filter1d(seen, rng.uniform(0.3, 1.2), axis=0, mode="nearest")
    found: NDArray[np.float32] = np.asarray(seen, np.float32)
    return found


class LipWindows:
    """Batches of ``measures`` [B, T, 10] and ``columns`` [B, T + 30, 160] around them.

    T changes from step to step.
    """

    def __init__(self, examples: LipExamples, *, seed: int, batch: int) -> None:
        """Draw *batch* windows of *examples* per step."""
        self.examples, self.seed, self.batch_size = examples, seed, batch
        self.starts = np.concatenate([[0], np.cumsum(examples.lengths)])

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        """Items *rows* of the batch of *step*."""
        rng = np.random.default_rng([self.seed, step])
        lengths = self.examples.lengths
        takes = rng.permutation(len(lengths))[: self.batch_size]
        frames = int(rng.integers(_SHORTEST, min(_LONGEST, lengths[takes].min() - 2 * MOST)))
        items = [self._item(step, row, int(takes[row]), frames) for row in rows]
        measures, columns = (np.stack(part) for part in zip(*items, strict=True))
        return {"measures": torch.from_numpy(measures), "columns": torch.from_numpy(columns)}

    def _item(
        self, step: int, row: int, take: int, frames: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rng = np.random.default_rng([self.seed, step, row])
        examples, lengths = self.examples, self.examples.lengths
        first = int(rng.integers(0, lengths[take] - frames - 2 * MOST + 1))
        base = int(self.starts[take]) + first
        columns = examples.columns[base : base + frames + 2 * MOST].astype(np.float32)
        known = examples.landmarks[take // examples.takes]
        # the middle of frame t lies at t + 0.5
        times = (first + MOST + np.arange(frames) + 0.5) * examples.paces[take] - 0.5
        times = times.clip(0, len(known) - 1)
        before = np.minimum(times.astype(int), len(known) - 2)
        share = (times - before)[:, None, None].astype(np.float32)
        points = (1 - share) * known[before] + share * known[before + 1]
        return lip_measures(seen_landmarks(rng, points)), columns


class LipMatching(Objective):
    """Cross-entropy of the right shift among all shifts and none, over pieces of a window.

    Half of the pieces hear somebody else: their right answer is none, whose evidence is 0 by
    definition. So the sum of evidence says whether there is an offset at all.
    """

    def __init__(self, matcher: LipMatcher) -> None:
        """Train *matcher*."""
        super().__init__()
        self.matcher = matcher

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Losses of a batch of :class:`LipWindows`."""
        lips, sound = self.matcher(batch["measures"], batch["columns"])
        right = shifted_products(lips, sound, MOST, MOST)
        wrong = shifted_products(lips, sound.roll(1, 0), MOST, MOST)
        losses: dict[str, Tensor] = {}
        total, hits, count = right.new_zeros(()), right.new_zeros(()), 0
        for pieces in (1, 2, 4):
            length = right.shape[1] // pieces
            odds = [
                one[:, : length * pieces].unflatten(1, (pieces, length)).sum(2).flatten(0, 1)
                for one in (right, wrong)
            ]
            logits = functional.pad(torch.cat(odds), (0, 1))  # the last is none
            target = torch.zeros_like(logits)
            half = len(logits) // 2
            target[:half, MOST - 1 : MOST + 2] = target.new_tensor(_SLACK)
            target[half:, -1] = 1
            total = total + functional.cross_entropy(logits, target)
            found = logits[:half, :-1].argmax(1)
            hits, count = hits + ((found - MOST).abs() <= 1).float().mean(), count + 1
        losses["matching"] = total / count
        losses["_found"] = hits.detach() / count
        return losses


@torch.no_grad()
def found_in_time(matcher: LipMatcher, windows: LipWindows, *, batches: int = 4) -> float:
    """The part of windows whose offset is found, give or take a frame."""
    right, count = 0.0, 0
    for step in range(batches):
        batch = windows.batch(step, range(windows.batch_size))
        lips, sound = matcher(batch["measures"], batch["columns"])
        best = shifted_products(lips, sound, MOST, MOST).sum(1).argmax(1)
        right += float(((best - MOST).abs() <= 1).sum())
        count += len(best)
    return right / count
