"""Batches of windows: some frames of a clip, their sound, and their style codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, compose
from styletalker.core.training.frames import FrameCache
from styletalker.recipes.objectives.codes import CodeCache
from torch import Tensor

__all__ = ["Window", "WindowCut", "WindowSource"]


@attrs.frozen(kw_only=True)
class Window:
    """How much of a clip an item holds, in frames."""

    frames: int
    """T."""
    before: int = 0
    """Frames of sound before the window, so that an encoder has heard what came before."""
    after: int = 0
    """Frames of sound after it, for the encoder's look-ahead."""


class WindowSource:
    """An item is a random window of a random clip.

    Batches hold ``frames`` uint8 [B, T, H, W, 3], ``waveform`` [B, S] of exactly those frames and
    ``heard`` [B, S'] with the sound around it (silence beyond the clip's ends). With codes also
    ``portrait`` uint8 [B, H, W, 3], ``ws_ref`` [B, L, D] and ``ws`` [B, T, L, D].
    """

    def __init__(
        self,
        cache: FrameCache,
        window: Window,
        *,
        seed: int,
        batch: int,
        codes: CodeCache | None = None,
    ) -> None:
        """Draw *batch* windows per step.

        Raises:
            InputError: every clip is shorter than the window.
        """
        self.cache, self.window, self.seed, self.batch_size = cache, window, seed, batch
        self.codes = codes
        lengths = cache.lengths[: codes.clips if codes is not None else None]
        self._usable = [i for i, length in enumerate(lengths) if length >= window.frames]
        if not self._usable:
            problem = f"all clips of {cache.split} are shorter than a window"
            expected = f"clips of at least {window.frames} frames"
            raise InputError(compose(problem, expected=expected, given=max(cache.lengths)))

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        """Items *rows* of the batch of *step*."""
        rng = np.random.default_rng([self.seed, step])
        clips = rng.choice(self._usable, self.batch_size)
        places = rng.random((self.batch_size, 2))
        items = [self._item(int(clips[row]), places[row]) for row in rows]
        return {
            name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]
        }

    def _item(self, clip: int, place: NDArray[np.float64]) -> dict[str, NDArray[np.generic]]:
        cache, window = self.cache, self.window
        start = int(place[0] * (cache.lengths[clip] - window.frames + 1))
        stop = start + window.frames
        item: dict[str, NDArray[np.generic]] = {
            "frames": cache.frames(clip, start, stop),
            "waveform": cache.waveform(clip, start, stop),
            "heard": _around(
                lambda first, last: cache.waveform(clip, first, last),
                start - window.before,
                stop + window.after,
                cache.lengths[clip],
                cache.sample_rate // cache.fps,
            ),
        }
        if self.codes is not None:
            chosen = int(place[1] * self.codes.portraits)
            frame = self.codes.places[clip, chosen]
            item["portrait"] = cache.frames(clip, frame, frame + 1)[0]
            item["ws_ref"] = self.codes.ws_ref[clip, chosen]
            item["ws"] = self.codes.of(clip, chosen)[start:stop]
        return item


@attrs.frozen
class WindowCut:
    """A random window of a clip that is at hand, as a :class:`WindowSource` without codes gives."""

    window: Window

    def __call__(self, clip: Clip, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """``frames``, ``waveform`` and ``heard``.

        Raises:
            InputError: the clip is shorter than the window.
        """
        window, length, hop = self.window, len(clip.frames), clip.sample_rate // clip.fps
        if length < window.frames:
            problem = f"clip {clip.name} is shorter than a window"
            raise InputError(
                compose(problem, expected=f"at least {window.frames} frames", given=length)
            )
        start = int(rng.random() * (length - window.frames + 1))
        stop = start + window.frames

        def sound(first: int, last: int) -> NDArray[np.float32]:
            return clip.waveform[first * hop : last * hop]

        return {
            "frames": clip.frames[start:stop],
            "waveform": sound(start, stop),
            "heard": _around(sound, start - window.before, stop + window.after, length, hop),
        }


def _around(
    sound: Callable[[int, int], NDArray[np.float32]], start: int, stop: int, length: int, hop: int
) -> NDArray[np.float32]:
    """The sound of frames *start* to *stop*, which may lie beyond a clip of *length* frames."""
    silence = (max(-start, 0) * hop, max(stop - length, 0) * hop)
    return np.pad(sound(max(start, 0), min(stop, length)), silence)
