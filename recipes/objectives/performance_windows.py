"""Batches of windows of performances: some frames' sound, as if recorded somewhere, and codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.recipes.objectives.performances import PerformanceCache
from styletalker.recipes.objectives.recording import spoiled
from styletalker.recipes.objectives.spoiling import Spoiling
from styletalker.recipes.objectives.windows import Window
from torch import Tensor

__all__ = ["PerformanceSource", "Telling"]

Telling = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Gives codes [T, L, D] of a clip's animation parameters [T, P]."""


@attrs.frozen(kw_only=True)
class _Place:
    """Where an item lies, in frames of a clip."""

    clip: int
    start: float
    pace: float


class PerformanceSource:
    """An item is a random window of a random performance, faster or slower, spoiled.

    Batches hold ``heard`` [B, S] with the sound around the window (silence beyond the clip's ends),
    ``ws`` [B, T, L, D], ``spoken`` [B, T] (1 where somebody speaks, judged by the clean sound) and
    ``ws_ref`` [B, L, D].

    A changed pace changes pitch and vocal tract along with it, as on a tape: voices the synthesiser
    does not have.
    """

    def __init__(
        self,
        cache: PerformanceCache,
        window: Window,
        codes_of: Telling,
        ws_ref: NDArray[np.float32],
        *,
        seed: int,
        batch: int,
        pace: float,
        spoiling: Spoiling | None,
    ) -> None:
        """Draw *batch* windows per step; paces lie within 1 / (1 + pace) to 1 + pace.

        Raises:
            InputError: every clip is shorter than the window.
        """
        self.cache, self.window, self.seed, self.batch_size = cache, window, seed, batch
        self._codes_of, self._ws_ref = codes_of, ws_ref
        self._pace, self._spoiling = pace, spoiling
        longest = window.frames * (1 + pace)
        self._usable = [i for i, length in enumerate(cache.lengths) if length > longest]
        if not self._usable:
            problem = "all clips are shorter than a window"
            expected = f"clips of more than {longest:g} frames"
            raise InputError(compose(problem, expected=expected, given=max(cache.lengths)))

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        """Items *rows* of the batch of *step*."""
        items = [self._item(np.random.default_rng([self.seed, step, row])) for row in rows]
        return {
            name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]
        }

    def _place(self, rng: np.random.Generator) -> _Place:
        clip = int(rng.choice(self._usable))
        pace = float((1 + self._pace) ** rng.uniform(-1, 1))
        room = self.cache.lengths[clip] - 1 - self.window.frames * pace
        return _Place(clip=clip, start=float(rng.uniform(0, max(room, 0))), pace=pace)

    def _item(self, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        window = self.window
        place = self._place(rng)
        frames = window.before + window.frames + window.after
        clean = self._heard(place, frames)
        heard = clean
        if self._spoiling is not None:
            others = self._heard(self._place(rng), frames)
            rate = self.cache.sample_rate
            heard = spoiled(rng, clean, rate, self._spoiling, others=others)
        within = slice(window.before, window.before + window.frames)
        return {
            "heard": heard,
            "ws": self._codes(place),
            "spoken": _spoken(clean, frames)[within],
            "ws_ref": self._ws_ref,
        }

    def _codes(self, place: _Place) -> NDArray[np.float32]:
        """Codes [T, L, D] of the window's frames, interpolated between those of the clip."""
        known = self._codes_of(self.cache.parameters(place.clip))
        # the middle of frame t lies at t + 0.5
        times = place.start + (np.arange(self.window.frames) + 0.5) * place.pace - 0.5
        times = times.clip(0, len(known) - 1)
        first = np.minimum(times.astype(int), len(known) - 2)
        share = (times - first)[:, None, None].astype(np.float32)
        between: NDArray[np.float32] = (1 - share) * known[first] + share * known[first + 1]
        return between

    def _heard(self, place: _Place, frames: int) -> NDArray[np.float32]:
        """Sound of the window and around it, at the item's pace."""
        hop, length = self.cache.hop, self.cache.lengths[place.clip]
        first = place.start - self.window.before * place.pace
        last = first + frames * place.pace
        inside = (max(int(np.floor(first)), 0), min(int(np.ceil(last)) + 1, length))
        sound = self.cache.waveform(place.clip, *inside)
        start = round(first * hop) - inside[0] * hop
        count = round(frames * hop * place.pace)
        padded = np.pad(sound, (max(-start, 0), max(start + count - len(sound), 0)))
        piece = padded[max(start, 0) : max(start, 0) + count]
        if place.pace != 1:
            piece = soxr.resample(piece, count, frames * hop, quality="LQ").astype(np.float32)
        wanted = frames * hop
        return np.pad(piece, (0, max(wanted - len(piece), 0)))[:wanted]


_SILENT = 0.02
"""A frame is silent where its clean sound is below this part of the loudest (-34 dB)."""


def _spoken(clean: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    loudness = np.sqrt((clean.reshape(frames, -1) ** 2).mean(1))
    loud: NDArray[np.float32] = (loudness >= _SILENT * (loudness.max() + 1e-9)).astype(np.float32)
    return loud
