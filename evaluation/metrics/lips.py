"""Metrics of lips: do they close, do they rest, do they move like the ground truth's?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.interfaces.metric import Metric
from styletalker.evaluation.metrics.base import (
    MeanMetric,
    annotated_landmarks,
    check_same_size,
    finite,
    phonemes_of,
    the_reference,
)
from styletalker.evaluation.mouth import aperture, bilabial_closure, pause_motion, vowel_openness
from styletalker.evaluation.observe import observe
from styletalker.evaluation.signals import pearson

__all__ = [
    "ApertureCorrelation",
    "ApertureCorrelationAnnotated",
    "BilabialClosure",
    "PauseMotion",
    "VowelOpenness",
]


class BilabialClosure(Metric):
    """Part of the sounds p, b, m on which the lips close within one frame.

    See :func:`~styletalker.evaluation.mouth.bilabial_closure`; *open* is the same clip's mean on
    open vowels. A clip without such sounds, or without an open vowel, counts nothing.

    **Pitfall.** dlib sees closed lips apart: compare with the ground truth's value, not with 1.
    """

    title, unit, direction, uses_reference = "bilabial closure", "1", "higher", True
    hears = True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``closed`` and ``total``: counts."""
        phonemes = phonemes_of(generated, reference)
        opened = observe(generated).aperture
        level = vowel_openness(opened, phonemes, generated.fps)
        closure = bilabial_closure(opened, phonemes, generated.fps, level)
        return {"closed": closure.closed, "total": closure.total}

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """Closed sounds over all sounds, 0 to 1; NaN if there is none in any clip."""
        closed, total = (sum(one[key] for one in measurements) for key in ("closed", "total"))
        return float(closed / total) if total else float("nan")


class VowelOpenness(MeanMetric):
    """Mean aperture on open vowels; only its distance to the ground truth's means something.

    See :func:`~styletalker.evaluation.mouth.vowel_openness`.
    """

    title, unit, direction, uses_reference = "vowel openness", "IOD", "none", True
    hears = True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: in inter-ocular distances."""
        phonemes = phonemes_of(generated, reference)
        value = vowel_openness(observe(generated).aperture, phonemes, generated.fps)
        return {"value": finite(value, generated, "no open vowel is seen")}


class PauseMotion(MeanMetric):
    """How much the lips move while nothing is said.

    See :func:`~styletalker.evaluation.mouth.pause_motion`.

    **Pitfall.** What is left at rest is the noise of dlib's landmarks: compare with the ground
    truth's value, not with 0. Clips without a pause of more than 200 ms cannot be measured.
    """

    title, unit, direction, uses_reference = "pause motion", "IOD/frame", "lower", True
    hears = True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: in inter-ocular distances per frame."""
        phonemes = phonemes_of(generated, reference)
        value = pause_motion(observe(generated).aperture, phonemes, generated.fps)
        return {"value": finite(value, generated, "no pause of more than 200 ms is seen")}


class ApertureCorrelation(MeanMetric):
    """Pearson's correlation of the lips' aperture with the ground truth's, frame by frame.

    **Pitfalls.** The same sentence can be said with other lips; dlib's noise lowers it (on the
    puppet corpus at 128 px, what dlib sees against the true landmarks gives 0.62).
    Lips that never move have no correlation: such a clip cannot be measured.
    """

    title, unit, direction, uses_reference = "aperture correlation", "1", "higher", True
    hears = True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: -1 to 1."""
        truth = the_reference(self, reference)
        check_same_size(generated, truth)
        value = pearson(observe(generated).aperture, self.aperture_of(truth))
        return {"value": finite(value, generated, "lips do not move, or too few frames have some")}

    def aperture_of(self, truth: Clip) -> NDArray[np.float64]:
        """The ground truth's aperture [T], as seen in its frames."""
        return observe(truth).aperture


class ApertureCorrelationAnnotated(ApertureCorrelation):
    """The same against the corpus's own landmarks of the ground truth, which have no noise.

    For corpora that know them. The ground truth's value is how well dlib sees lips there: it may
    be lower than a generated clip's, if dlib sees the generated lips better.
    """

    title = "aperture correlation, annotated"

    def aperture_of(self, truth: Clip) -> NDArray[np.float64]:
        """The ground truth's aperture [T], by the landmarks that come with it."""
        return aperture(annotated_landmarks(truth))
