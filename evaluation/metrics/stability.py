"""Metrics of what should stay as it is: pixels that do not flicker, a person who stays."""

from __future__ import annotations

from typing import Any

import numpy as np
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, compose
from styletalker.evaluation.drift import FEWEST, identity_drift
from styletalker.evaluation.flicker import flicker
from styletalker.evaluation.harness.source import has_sound
from styletalker.evaluation.metrics.base import MeanMetric, finite
from styletalker.evaluation.observe import EMBED_EVERY, observe
from styletalker.evaluation.silence import silent_motion, silent_spans

__all__ = ["IdentityDrift", "SilentLipMotion", "TemporalFlicker"]


class TemporalFlicker(MeanMetric):
    """What changes from frame to frame and back, in grey levels.

    Mean second difference of the luma of whole frames, divided by 4; see
    :mod:`styletalker.evaluation.flicker`.

    **Pitfalls.** Motion of edges adds to it, so it is 0 for a still picture and not for a real
    video: compare with the ground truth's. A blurred video flickers less than the real one, which
    is no merit.
    """

    title, unit, direction, uses_reference = "temporal flicker", "grey levels", "none", False
    least_frames = 3

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``value``: in grey levels of 255."""
        return {"value": flicker(iter(generated.frames))}


class IdentityDrift(MeanMetric):
    """How fast the person changes into another as the video goes on, by dlib's vectors.

    Similarity to the video's own first frames that is lost per minute; see
    :mod:`styletalker.evaluation.drift`. Every 12th frame is looked at.

    **Pitfalls.** Clips of fewer than 61 frames cannot be measured, those of some seconds hardly:
    their slope is what the head does. It is meant for videos of a minute and more. A drift that
    is over within the first second is not seen: the vectors' own similarity to the portrait is
    ``csim_dlib``.
    """

    title, unit, direction, uses_reference = "identity drift", "1/min", "lower", False
    least_frames = (FEWEST - 1) * EMBED_EVERY + 1

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``value``: similarity lost per minute; negative if it becomes more alike."""
        vectors = observe(generated).embeddings
        return {"value": identity_drift(vectors, EMBED_EVERY / generated.fps)}


class SilentLipMotion(MeanMetric):
    """How much the lips move while nothing is heard: pause motion where no phonemes are known.

    Mean absolute change of the aperture from frame to frame in silences of at least 240 ms, which
    are found by the sound's level; see :mod:`styletalker.evaluation.silence`.

    **Pitfalls.** Music and noise are no silence. Lips open before a word is heard: the two frames
    at each end do not count. What is left at rest is the noise of dlib's landmarks: compare with
    the ground truth's value, not with 0.
    """

    title, unit, direction, uses_reference = "silent-lip motion", "IOD/frame", "lower", False
    hears = True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``value``: in inter-ocular distances per frame."""
        if not has_sound(generated):
            raise InputError(compose(f"clip {generated.name}: the video has no sound track"))
        spans = silent_spans(generated.waveform, len(generated.frames))
        value = silent_motion(np.asarray(observe(generated).aperture), spans)
        return {"value": finite(value, generated, "there is no silence of 240 ms")}
