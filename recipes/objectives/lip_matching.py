"""Which lips go with which sound, learnt as the odds of offsets."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from styletalker.core.errors import InputError, compose
from styletalker.core.training.draws import Draws
from styletalker.core.training.objective import Objective
from styletalker.plugins.preparation.offset.lips import lip_measures
from styletalker.plugins.preparation.offset.network import LipMatcher, shifted_products
from styletalker.recipes.objectives.lip_examples import LipExamples
from torch import Tensor

__all__ = ["LipMatching", "LipWindows", "found_in_time", "seen_landmarks"]

MOST = 15
"""Shifts of -15 to 15 frames are told apart, as SyncNet does."""
_SHORTEST, _LONGEST = 40, 104
"""Frames of a batch's windows."""
_PIECES = (1, 2, 4)
"""Into how many pieces a window is cut: lengths from 10 to 104 frames."""
_FLAT = 0.3
"""Weight of being unsure of the wrong sound: at 1, lips of real people seem to fit nothing."""
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
        """Draw *batch* windows of *examples* per step.

        Raises:
            InputError: a recording is too short for a window and the sound around it.
        """
        least, given = _SHORTEST + 2 * MOST + 1, int(examples.lengths.min())
        if given < least:
            problem = "a recording is too short"
            raise InputError(compose(problem, expected=f"at least {least} frames", given=given))
        self.examples, self.seed, self.batch_size = examples, seed, batch
        self.starts = np.concatenate([[0], np.cumsum(examples.lengths)])

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        """Items *rows* of the batch of *step*."""
        rng = np.random.default_rng([self.seed, step])
        lengths = self.examples.lengths
        takes = np.resize(rng.permutation(len(lengths)), self.batch_size)  # again if there are few
        frames = int(rng.integers(_SHORTEST, min(_LONGEST, lengths[takes].min() - 2 * MOST)))
        items = [self._item(step, row, int(takes[row]), frames) for row in rows]
        points, columns = (np.stack(part) for part in zip(*items, strict=True))
        measures = lip_measures(points)
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
        return seen_landmarks(rng, points), columns


class LipMatching(Objective):
    """Cross-entropy of the right shift among all shifts, over pieces of a window.

    Each piece also hears somebody else: then every shift must be as likely as every other, so that
    evidence says how sure an offset is.
    """

    def __init__(self, matcher: LipMatcher) -> None:
        """Train *matcher*."""
        super().__init__()
        self.matcher = matcher

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:  # noqa: ARG002 - chances are the source's
        """Losses of a batch of :class:`LipWindows`."""
        lips, sound = self.matcher(batch["measures"], batch["columns"])
        right = shifted_products(lips, sound, MOST, MOST)
        wrong = shifted_products(lips, sound.roll(1, 0), MOST, MOST)
        target = right.new_zeros(right.shape[2])
        target[MOST - 1 : MOST + 2] = target.new_tensor(_SLACK)
        matching, uniform, hits = [], [], []
        for pieces in _PIECES:
            odds = _summed(right, pieces)
            matching.append(-(odds.log_softmax(1) @ target).mean())
            uniform.append(-_summed(wrong, pieces).log_softmax(1).mean())
            hits.append(((odds.argmax(1) - MOST).abs() <= 1).float().mean())
        return {
            "sync": torch.stack(matching).mean(),
            "uniform": _FLAT * torch.stack(uniform).mean(),
            "_found": torch.stack(hits).mean().detach(),
        }

    def chance_level(self) -> float:
        """The loss ``sync`` of guessing: ln 31."""
        return math.log(2 * MOST + 1)


def _summed(products: Tensor, pieces: int) -> Tensor:
    """Evidence [B * pieces, K] of equal pieces of windows [B, T, K]."""
    length = products.shape[1] // pieces
    return products[:, : length * pieces].unflatten(1, (pieces, length)).sum(2).flatten(0, 1)


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
