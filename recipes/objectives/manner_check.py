"""How much and how fast somebody moves, and how far a talker is from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.generator import Parametric
from styletalker.recipes.objectives.performances import PerformanceCache
from styletalker.recipes.objectives.person import Speaking

__all__ = ["manner_distance", "manner_of", "said_manner"]

_SEEDS = 4
"""Performances of each clip's sound that are drawn: one alone would be chance."""
_CLOSED = 0.5
"""Lids count as closed from this value on."""
_LEAST_MOVES, _LEAST_BLINKS = 0.01, 3.0
"""In units of a code, and per minute: below, a ratio says nothing."""


def manner_of(
    codes: Sequence[NDArray[np.float32]], generator: Parametric, fps: int
) -> NDArray[np.float64]:
    """Logarithms of figures [F] of how somebody moves in clips' codes [T, L, D].

    For each channel of the pose its standard deviation within clips and its mean speed, and how
    often lids close a minute.
    """
    pose = generator.controls["pose"]
    spread = np.mean([one[:, pose].std(0) for one in codes], 0)
    speed = np.mean([np.abs(np.diff(one[:, pose], axis=0)).mean(0) for one in codes], 0) * fps
    shut = [(one[:, generator.controls["blink"]] > _CLOSED).any(1).astype(int) for one in codes]
    closings = sum(int((np.diff(one) > 0).sum()) for one in shut)
    minutes = sum(map(len, codes)) / fps / 60
    moves = np.maximum(np.concatenate([spread, speed]), _LEAST_MOVES)
    figures = np.append(moves, max(closings / minutes, _LEAST_BLINKS))
    return np.asarray(np.log(figures), np.float64)


def said_manner(
    cache: PerformanceCache, generator: Parametric, speaking: Speaking
) -> NDArray[np.float64]:
    """The same of a talker that says what is said in *cache*; the draws are always the same."""
    rest = generator.rest_code()
    codes = [
        speaking.codes(cache.waveform(clip), rest, seed * cache.clips + clip)
        for clip in range(cache.clips)
        for seed in range(_SEEDS)
    ]
    return manner_of(codes, generator, cache.fps)


def manner_distance(cache: PerformanceCache, generator: Parametric, speaking: Speaking) -> float:
    """Mean absolute difference of a talker's figures from those of *cache*: 0.1 is about 10 %."""
    codes = [
        generator.codes_of(cache.parameters(clip), cache.parameter_names)
        for clip in range(cache.clips)
    ]
    wanted = manner_of(codes, generator, cache.fps)
    return float(np.abs(said_manner(cache, generator, speaking) - wanted).mean())
