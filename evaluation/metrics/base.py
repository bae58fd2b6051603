"""What the metric components share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.metric import Metric

__all__ = [
    "MeanMetric",
    "annotated_landmarks",
    "check_moves",
    "check_same_size",
    "finite",
    "phonemes_of",
    "the_reference",
]


class MeanMetric(Metric, abstract=True):
    """A metric whose value is the mean of one entry of the measurements over the clips."""

    entry = "value"
    """The name of that entry."""

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """The mean over clips: each counts the same, however long."""
        return float(np.mean([one[self.entry] for one in measurements]))


def the_reference(metric: Metric, reference: Clip | None) -> Clip:
    """*reference*, or InputError if there is none."""
    if reference is None:
        raise InputError(compose(f"{metric.title} needs the ground-truth clip"))
    return reference


def annotated_landmarks(clip: Clip) -> NDArray[np.float32]:
    """The landmarks [T, 68, 2] that come with *clip*.

    Raises:
        InputError: it has none.
    """
    if clip.landmarks is None:
        raise InputError(compose(f"clip {clip.name}: the corpus does not know its landmarks"))
    return clip.landmarks


def check_same_size(generated: Clip, reference: Clip, *, pixels: bool = False) -> None:
    """Raise InputError if the clips differ in length or, if *pixels*, in resolution."""
    ours, theirs = generated.frames.shape, reference.frames.shape
    if ours[0] != theirs[0]:
        problem = f"clip {generated.name} has another length than {reference.name}"
        raise InputError(compose(problem, expected=f"{theirs[0]} frames", given=ours[0]))
    if generated.fps != reference.fps:
        problem = f"clip {generated.name} has another frame rate than {reference.name}"
        raise InputError(compose(problem, expected=f"{reference.fps}", given=generated.fps))
    if pixels and ours[1:] != theirs[1:]:
        problem = f"clip {generated.name} has another resolution than {reference.name}"
        raise InputError(compose(problem, expected=str(theirs[1:3]), given=ours[1:3]))


def phonemes_of(generated: Clip, reference: Clip | None) -> tuple[Phoneme, ...]:
    """What sounds when in *generated*: its own phonemes, or the ground truth's.

    Raises:
        InputError: neither knows.
    """
    phonemes = generated.phonemes or (reference.phonemes if reference is not None else ())
    if not phonemes:
        problem = f"clip {generated.name}: the times of its phonemes are not known"
        raise InputError(compose(problem))
    return phonemes


def check_moves(clip: Clip) -> None:
    """Raise InputError if *clip* has one frame only: nothing moves in it."""
    if len(clip.frames) < 2:
        raise InputError(compose(f"clip {clip.name}: one frame shows no motion"))


def finite(value: float, clip: Clip, why: str) -> float:
    """*value*, or InputError, saying *why*, if it is not finite."""
    if not np.isfinite(value):
        raise InputError(compose(f"clip {clip.name}: {why}"))
    return value
