"""From evidence to one offset for a face, or to the admission that there is none."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.plugins.preparation.offset.config import OffsetConfig
from styletalker.plugins.preparation.offset.curve import OffsetCurve

__all__ = ["OUT_OF_SYNC", "REASONS", "TOO_LITTLE", "Offset", "decide_offset"]

OUT_OF_SYNC = "out-of-sync"
TOO_LITTLE = "too-little-speech"
REASONS = {
    OUT_OF_SYNC: "the lips fit the sound at no offset: a voice-over, dubbing, another's voice",
    TOO_LITTLE: "too little speech to tell the offset of the sound",
}
"""Why an offset is not sure."""


@attrs.frozen(kw_only=True)
class Offset:
    """By how much the sound of a face is late."""

    frames: int
    """Frames by which the sound is late (positive) or early (negative)."""
    confidence: float
    """How far the best offset stands out, in standard deviations of chance; about 2 for sound of
    something else, whatever its length, and growing with the length where lips and sound go
    together."""
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
    kinds = {(curve.scorer, curve.most) for curve in curves}
    if len(kinds) > 1:
        problem = "curves of different scorers or reaches do not add"
        raise InputError(compose(problem, given=sorted(kinds)))
    pieces = np.concatenate([curve.evidence for curve in curves])
    best, confidence = stands_out(pieces)
    sure = confidence >= limits.sure
    seconds = sum(curve.frames for curve in curves) / 25
    reason = "" if sure else OUT_OF_SYNC if seconds >= limits.judged_s else TOO_LITTLE
    return Offset(
        frames=best - curves[0].most, confidence=confidence, sure=bool(sure), reason=reason
    )


def stands_out(pieces: NDArray[np.float64]) -> tuple[int, float]:
    """Which column of *pieces* [N, K] has the largest sum, and by how many standard deviations.

    A piece's evidence counts relative to its mean over all offsets.
    """
    relative = pieces - pieces.mean(1, keepdims=True)
    total = relative.sum(0)
    best = int(total.argmax())
    spread = np.sqrt(np.square(relative).sum())
    return best, float(total[best] / max(spread / np.sqrt(pieces.shape[1]), 1e-9))
