"""The same words said by a mouth with other habits: animation parameters varied at random.

A puppet's lips follow its phonemes to the frame and lie still in pauses. People mumble, smack,
breathe through an open mouth and are early or late; a network that has to recognise their speech
must not count on more than is common to all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

__all__ = ["articulated"]

_LIPS = ("jaw", "part", "round", "spread", "press", "fv", "lip_up", "tongue")
_LEAST_OPEN, _MOST_OPEN = 0.45, 1.15
"""Factor on what the lips do."""
_SMOOTH_FRAMES = 1.2
"""Most smoothing in time of lips that mumble (standard deviation of a Gaussian)."""
_UNPUNCTUAL_FRAMES = 0.6
"""Standard deviation of being early or late, which changes within some frames."""
_RESTLESS = 0.12
"""Largest standard deviation of movement that has nothing to do with speech."""


def articulated(
    rng: np.random.Generator, parameters: NDArray[np.float32], names: Sequence[str]
) -> NDArray[np.float32]:
    """Animation parameters [T, P] of somebody else who says the same at the same time.

    Args:
        rng: decides how.
        parameters: [T, P].
        names: of the P parameters.
    """
    frames = len(parameters)
    columns = [names.index(name) for name in _LIPS]
    lips = parameters[:, columns].astype(np.float64)
    late = _noise(rng, frames, rng.uniform(2, 6)) * rng.uniform(0, _UNPUNCTUAL_FRAMES)
    moments = np.clip(np.arange(frames) + late, 0, frames - 1)
    lips = np.stack([np.interp(moments, np.arange(frames), one) for one in lips.T], 1)
    if rng.random() < 0.5:
        lips = gaussian_filter1d(lips, rng.uniform(0.3, _SMOOTH_FRAMES), axis=0, mode="nearest")
    lips *= rng.uniform(_LEAST_OPEN, _MOST_OPEN) * rng.uniform(0.8, 1.2, len(columns))
    restless = rng.uniform(0, _RESTLESS)
    for column in range(2):  # jaw and opening
        lips[:, column] += restless * _noise(rng, frames, rng.uniform(2, 15))
        lips[:, column] += max(rng.normal(-0.05, 0.08), 0.0)  # a mouth that is never quite shut
    lips[:, 3] += restless * _noise(rng, frames, rng.uniform(4, 25))
    varied = parameters.copy()
    varied[:, columns] = np.clip(lips, 0, 1)
    for name in ("smile", "frown"):
        column = names.index(name)
        wanders = parameters[:, column] + restless * _noise(rng, frames, rng.uniform(10, 40))
        varied[:, column] = np.clip(wanders, 0, 1)
    return varied


def _noise(rng: np.random.Generator, frames: int, sigma: float) -> NDArray[np.float64]:
    """Gaussian noise [T] of unit variance, smooth over *sigma* frames."""
    margin = int(4 * sigma) + 1
    white = rng.standard_normal(frames + 2 * margin)
    scale = np.sqrt(2 * np.sqrt(np.pi) * sigma)
    smooth: NDArray[np.float64] = scale * gaussian_filter1d(white, sigma)[margin:][:frames]
    return smooth
