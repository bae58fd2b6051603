"""Are lips in time with the sound, as their landmarks tell? Needs no public weights."""

from __future__ import annotations

import numpy as np
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, compose
from styletalker.evaluation.harness.source import has_sound
from styletalker.evaluation.metrics.base import MeanMetric
from styletalker.evaluation.observe import observe

__all__ = ["LipsInTime"]

_IN_TIME = 1
"""Frames by which the best offset may be wrong."""


class LipsInTime(MeanMetric):
    """Part of the clips whose lips fit the sound best where it is, give or take a frame.

    The matcher of lips and sound of :mod:`styletalker.plugins.preparation.offset` looks at dlib's
    landmarks of the lips, which are placed in every frame, and tries offsets of up to 15 frames.
    Chance is 3 of 31.

    **Pitfalls.** It is not LSE: the matcher learnt from the puppet corpus, as the bundled talker
    did, so it does not see what both do alike and people do otherwise. Clips of less than 4 s are
    often too short to tell (:doc:`/offsets`).
    """

    title, unit, direction, uses_reference = "lips in time", "1", "higher", False
    hears = True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, float]:  # noqa: ARG002
        """``value``: 1 or 0; ``early_frames`` by which the sound is; ``confidence`` of it."""
        from styletalker.plugins.preparation.offset.curve import offset_curve
        from styletalker.plugins.preparation.offset.decision import decide_offset

        if not has_sound(generated):
            raise InputError(compose(f"clip {generated.name}: the video has no sound track"))
        points = np.asarray(observe(generated).track.landmarks, np.float64)
        curve = offset_curve(points, None, generated.waveform, generated.fps, generated.sample_rate)
        found = decide_offset([curve])
        return {
            "value": float(abs(found.frames) <= _IN_TIME),
            "early_frames": float(-found.frames),
            "confidence": found.confidence,
        }
