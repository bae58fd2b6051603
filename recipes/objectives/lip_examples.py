"""What a network learns lips and sound from: landmarks of heads that talk, and recordings of them.

Nothing is rendered. Clips are performances of the puppet; each is said by a mouth with habits of
its own and recorded several times, each time elsewhere and at another pace.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.core.files import atomic_path
from styletalker.plugins.preparation.offset.sound import FRAME, heard
from styletalker.plugins.puppet.camera import Framing
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.landmark_track import LandmarkTrack
from styletalker.plugins.puppet.parameters import PARAMETERS
from styletalker.recipes.objectives.articulation import articulated
from styletalker.recipes.objectives.performances import PerformanceCache
from styletalker.recipes.objectives.recording import spoiled
from styletalker.recipes.objectives.spoiling import Spoiling

__all__ = ["LipExamples", "build_examples"]

_HEAD_OF, _HABITS_OF, _RECORDING_OF = range(3)
"""What random numbers are for."""
_CLIPS_PER_HEAD = 25
"""Building a head takes as long as a clip's landmarks; shapes matter less than what is said."""
_SIZE = 256
"""Pixels of the pictures that are not made."""


@attrs.frozen(kw_only=True, eq=False)
class LipExamples:
    """Clips and recordings of them."""

    landmarks: NDArray[np.float32]
    """[clips, T, 68, 2], true, in pixels."""
    columns: NDArray[np.float16]
    """[all frames, 160]: log-mel columns of the recordings, those of a clip one after another."""
    lengths: NDArray[np.int64]
    """[recordings]: frames of each."""
    paces: NDArray[np.float64]
    """[recordings]: how fast each is played; 2 takes half the time."""

    @property
    def takes(self) -> int:
        """Recordings per clip."""
        return len(self.lengths) // len(self.landmarks)


def build_examples(
    file: Path,
    cache: PerformanceCache,
    *,
    clips: int,
    takes: int,
    pace: float,
    spoiling: Spoiling,
    seed: int,
    progress: Callable[[int], object] = int,
) -> LipExamples:
    """Examples of a split's first clips, or those that *file* (``.npz``) holds already.

    Args:
        file: where they are kept.
        cache: performances of the puppet, all of one length.
        clips: how many of them, at most; 0 for all.
        takes: recordings of each.
        pace: recordings are up to so much faster or slower.
        spoiling: how often what is done to a recording.
        seed: of all random numbers.
        progress: called with the number of clips that are newly there.

    Raises:
        InputError: they are not the puppet's performances, or differ in length.
    """
    if cache.parameter_names != tuple(parameter.name for parameter in PARAMETERS):
        problem = "landmarks are known of the puppet's parameters only"
        raise InputError(compose(problem, fix="Take the corpus `puppet`."))
    if len(set(cache.lengths)) != 1:
        raise InputError(compose("the clips differ in length", given=sorted(set(cache.lengths))))
    count = min(clips or cache.clips, cache.clips)
    if not file.is_file():
        landmarks, columns, paces = [], [], []
        head: LandmarkTrack | None = None
        for clip in range(count):
            if head is None or clip % _CLIPS_PER_HEAD == 0:
                rng = np.random.default_rng([seed, _HEAD_OF, clip // _CLIPS_PER_HEAD])
                head = Head(Identity.sample(rng)).landmark_track()
            habits = np.random.default_rng([seed, _HABITS_OF, clip])
            moves = articulated(habits, cache.parameters(clip), cache.parameter_names)
            landmarks.append(head.landmarks(moves, _SIZE, Framing()))
            for take in range(takes):
                rng = np.random.default_rng([seed, _RECORDING_OF, clip, take])
                paces.append(float((1 + pace) ** rng.uniform(-1, 1)))
                columns.append(_recording(rng, cache, clip, paces[-1], spoiling))
            progress(1)
        with atomic_path(file) as path, path.open("wb") as out:
            np.savez(
                out,
                landmarks=np.stack(landmarks),
                columns=np.concatenate(columns),
                lengths=np.array([len(one) for one in columns]),
                paces=np.array(paces),
            )
    with np.load(file) as found:
        return LipExamples(**{name: found[name] for name in found.files})


def _recording(
    rng: np.random.Generator, cache: PerformanceCache, clip: int, pace: float, spoiling: Spoiling
) -> NDArray[np.float16]:
    """Columns [T', 160] of a clip as recorded somewhere and played at *pace*."""
    rate = cache.sample_rate
    others = cache.waveform(int(rng.integers(cache.clips)))
    sound = spoiled(rng, cache.waveform(clip), rate, spoiling, others=others)
    played = soxr.resample(sound, rate * pace, rate, quality="LQ").astype(np.float32)
    whole = played[: len(played) // FRAME * FRAME]
    columns: NDArray[np.float16] = heard(torch.from_numpy(whole)[None])[0].half().numpy()
    return columns
