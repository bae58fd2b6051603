"""From evidence to one offset for a face, or to the admission that there is none."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.plugins.preparation.offset.config import OffsetConfig
from styletalker.plugins.preparation.offset.curve import PIECE_FRAMES, OffsetCurve

__all__ = ["OUT_OF_SYNC", "REASONS", "TOO_LITTLE", "Offset", "decide_offset", "probabilities"]

OUT_OF_SYNC = "out-of-sync"
TOO_LITTLE = "too-little-speech"
REASONS = {
    OUT_OF_SYNC: "the lips fit the sound at no offset: a voice-over, dubbing or music",
    TOO_LITTLE: "too little speech to tell by how much the sound is late",
}
"""Why an offset is not sure."""

_TEMPERED_PIECES = 4
"""Evidence of up to so many pieces counts in full: the network learnt what windows of 10 to 104
frames are worth. What the wrong sound says for an offset grows with the root of the length, though,
and so from there on evidence counts by its root: sums stay honest at any length."""


@attrs.frozen(kw_only=True)
class Offset:
    """By how much the sound of a face is late."""

    frames: int
    """Frames by which the sound is late (positive) or early (negative)."""
    confidence: float
    """Probability that the offset is right give or take a frame, 0 to 1: about 0.1 where nothing
    speaks for any offset."""
    sure: bool
    """Whether the offset may be relied on."""
    reason: str = ""
    """Why it is not sure, one of :data:`REASONS`; empty if it is."""


def decide_offset(curves: Sequence[OffsetCurve], config: OffsetConfig | None = None) -> Offset:
    """The offset of one face by all that speaks for it.

    Args:
        curves: of the stretches of one face in one recording; all by the same scorer.
        config: when to be sure.

    Raises:
        InputError: the curves are of several scorers or reach differently far.
    """
    limits = config or OffsetConfig()
    if not curves:
        return Offset(frames=0, confidence=0.0, sure=False, reason=TOO_LITTLE)
    kinds = sorted({f"{curve.scorer}, {curve.most} frames" for curve in curves})
    if len(kinds) > 1:
        problem = "curves of different scorers or reaches do not add"
        raise InputError(compose(problem, given="; ".join(kinds)))
    chances = probabilities(np.concatenate([curve.evidence for curve in curves]))
    best = int(chances.argmax())
    confidence = float(chances[max(best - 1, 0) : best + 2].sum())
    sure = confidence >= limits.sure
    judged = sum(curve.frames for curve in curves) >= limits.judged_s * PIECE_FRAMES
    reason = "" if sure else OUT_OF_SYNC if judged else TOO_LITTLE
    return Offset(frames=best - curves[0].most, confidence=confidence, sure=sure, reason=reason)


def probabilities(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability [K] of each offset by the evidence [N, K] of pieces."""
    total = pieces.sum(0) * min(1.0, (_TEMPERED_PIECES / len(pieces)) ** 0.5)
    odds = np.exp(total - total.max())
    chances: NDArray[np.float64] = odds / odds.sum()
    return chances
