"""Evidence for each offset of a stretch of video, which adds up over stretches.

The sign, here and everywhere: at a **positive** offset the sound is **late**. What belongs to frame
t is heard in frame t + offset, and moving the sound to the left by ``offset`` frames puts it right.
:func:`styletalker.evaluation.sync.sync_offset` counts the other way round, as SyncNet does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["MOST_SHIFT", "PIECE_FRAMES", "OffsetCurve", "OffsetScorer", "curve_of", "offset_curve"]

MOST_SHIFT = 15
"""Offsets from -15 to 15 frames are tried, as SyncNet does."""
PIECE_FRAMES = 25
"""Evidence is summed over pieces of so many frames: a second, longer than a syllable, so that
pieces are nearly independent and their spread says how much a sum can be trusted."""
_DIGITS = 4


@attrs.frozen(kw_only=True, eq=False)
class OffsetCurve:
    """How much speaks for each offset."""

    evidence: NDArray[np.float64]
    """[N, 2 * most + 1]: of each piece, in nats, for the offsets ``-most`` to ``most``; 0 is what
    sound of something else has on average."""
    frames: int
    """Frames that it is about."""
    scorer: str
    """Who scored: curves of different scorers do not add."""

    @property
    def most(self) -> int:
        """The largest offset."""
        return int(self.evidence.shape[1] - 1) // 2

    def to_json(self) -> dict[str, Any]:
        """Plain values; the evidence is rounded to a ten-thousandth."""
        rows = np.round(self.evidence, _DIGITS).tolist()
        return {"evidence": rows, "frames": self.frames, "scorer": self.scorer}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> OffsetCurve:
        """What :meth:`to_json` gave."""
        evidence = np.asarray(facts["evidence"], np.float64)
        return cls(evidence=evidence, frames=int(facts["frames"]), scorer=str(facts["scorer"]))


class OffsetScorer(Protocol):
    """Compares lips with sound."""

    name: str
    """Told in the results."""
    fps: int
    """Frames per second that it takes."""
    sample_rate: int
    """Samples per second that it takes, in Hz."""

    def products(
        self,
        landmarks: NDArray[np.floating[Any]],
        frames: NDArray[np.uint8] | None,
        waveform: NDArray[np.float32],
        before: int,
        most: int,
    ) -> NDArray[np.float64]:
        """Evidence [T, 2 * most + 1] of each frame for each offset, in nats; NaN without sound.

        Args:
            landmarks: [T, 68, 2] pixels; not finite where there is no face.
            frames: [T, R, R, 3] RGB, or None.
            waveform: [S] mono; the first frame begins ``before`` frames after its start.
            before: frames of sound before the first frame; negative if it starts later.
            most: the largest offset.
        """
        ...


def offset_curve(
    landmarks: NDArray[np.floating[Any]],
    frames: NDArray[np.uint8] | None,
    waveform: NDArray[np.float32],
    fps: float,
    sample_rate: int,
    *,
    before: int | None = None,
    max_shift: int = MOST_SHIFT,
    scorer: OffsetScorer | None = None,
) -> OffsetCurve:
    """Evidence for each offset of one stretch of a face.

    Args:
        landmarks: [T, 68, 2] in pixels of any square crop, iBUG order; a frame that is not finite
            counts as without a face.
        frames: [T, R, R, 3] RGB of the same crop; None if the scorer looks at landmarks alone, as
            the default does.
        waveform: [S] mono in [-1, 1]; the sound of the frames and, where the recording has it, of
            ``max_shift`` frames on either side. Offsets towards sound that is not there are judged
            by fewer frames. Samples of exactly 0 at the ends count as not there.
        fps: frames per second; must be the scorer's, 25.
        sample_rate: samples per second; must be the scorer's, 16,000.
        before: frames of sound before the first frame; None if as many are before the frames as
            after them.
        max_shift: largest offset, in frames, 1 to 50.
        scorer: the network; None for the one that is installed with the toolkit
            (:class:`~styletalker.plugins.preparation.offset.landmark_scorer.LandmarkScorer`).

    Raises:
        InputError: the rates are others, or the arrays do not fit together.
    """
    if scorer is None:
        from styletalker.plugins.preparation.offset.landmark_scorer import landmark_scorer

        scorer = landmark_scorer()
    points = np.asarray(landmarks)
    if points.ndim != 3 or points.shape[1:] != (68, 2) or not len(points):
        problem = "landmarks have the wrong shape"
        raise InputError(compose(problem, expected="[T, 68, 2], T > 0", given=points.shape))
    if frames is not None and len(frames) != len(points):
        problem = "frames and landmarks differ in length"
        raise InputError(compose(problem, expected=f"{len(points)} frames", given=len(frames)))
    for name, given, expected in (("fps", fps, scorer.fps),
                                  ("sample_rate", sample_rate, scorer.sample_rate)):  # fmt: skip
        if given != expected:
            raise InputError(compose(f"{name} is not {scorer.name}'s", expected=str(expected),
                                     given=given))  # fmt: skip
    hop = round(sample_rate / fps)
    heard = len(waveform) // hop
    before = (heard - len(points)) // 2 if before is None else before
    for name, value, low, high in (("before", before, 0, heard),
                                   ("max_shift", max_shift, 1, 50)):  # fmt: skip
        if not low <= value <= high:
            raise InputError(compose(f"{name} is not usable", expected=f"{low} to {high}",
                                     given=value))  # fmt: skip
    sound = np.asarray(waveform[: heard * hop], np.float32)
    lead, tail = _not_there(sound, hop)
    if lead == heard:
        nothing = np.zeros((len(points), 2 * max_shift + 1))
        return curve_of(nothing, scorer.name)
    sound = sound[lead * hop : (heard - tail) * hop]
    products = scorer.products(points, frames, sound, before - lead, max_shift)
    return curve_of(products, scorer.name)


def _not_there(sound: NDArray[np.float32], hop: int) -> tuple[int, int]:
    """Whole frames of exact zeros at the start and at the end of *sound* [S]."""
    loud = np.flatnonzero(sound)
    if not len(loud):
        return len(sound) // hop, 0
    return int(loud[0]) // hop, (len(sound) - 1 - int(loud[-1])) // hop


def curve_of(products: NDArray[np.float64], scorer: str) -> OffsetCurve:
    """A curve of evidence per frame [T, 2 * most + 1]; NaN counts as that offset's mean.

    An offset that no frame could be judged by gets the least of all offsets.
    """
    known = np.isfinite(products)
    counts = known.sum(0)
    sums = np.where(known, products, 0.0).sum(0)
    means = sums / np.maximum(counts, 1)
    least = float(means[counts > 0].min()) if counts.any() else 0.0
    means = np.where(counts > 0, means, least)
    filled = np.where(known, products, means)
    pieces = max(1, round(len(products) / PIECE_FRAMES))
    edges = np.round(np.linspace(0, len(products), pieces + 1)).astype(int)[:-1]
    evidence = np.add.reduceat(filled, edges, axis=0)
    return OffsetCurve(evidence=evidence, frames=len(products), scorer=scorer)
