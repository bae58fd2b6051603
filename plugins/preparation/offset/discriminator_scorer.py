"""A scorer from any sync discriminator: public networks, or one of your own."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator

__all__ = ["DiscriminatorScorer"]

_CHUNK = 64
"""Windows computed at a time: memory does not grow with the length of the stretch."""


class DiscriminatorScorer:
    """Scores pictures against sound by cosine similarity, as SyncNet's protocol does.

    The pictures must be framed as the discriminator expects. Cosines are no odds: ``scale`` makes
    them comparable to nats, and how sure an offset is does not depend on it.
    """

    def __init__(
        self, discriminator: SyncDiscriminator, *, name: str = "discriminator", scale: float = 10.0
    ) -> None:
        """Use *discriminator*, with its weights; it is put into evaluation mode."""
        self.name, self.fps, self.sample_rate = name, discriminator.fps, discriminator.sample_rate
        self._discriminator, self._scale = discriminator.eval(), scale

    @torch.inference_mode()
    def products(
        self,
        landmarks: NDArray[np.floating[Any]],
        frames: NDArray[np.uint8] | None,
        waveform: NDArray[np.float32],
        before: int,
        most: int,
    ) -> NDArray[np.float64]:
        """Scaled cosines [T, 2 * most + 1]; see :class:`~...offset.curve.OffsetScorer`.

        Raises:
            InputError: there are no frames, or fewer of frames or sound than one window has.
        """
        network, hop = self._discriminator, self.sample_rate // self.fps
        window, heard = network.window_frames, len(waveform) // hop
        if frames is None or min(len(frames), heard) < window:
            given = "none" if frames is None else min(len(frames), heard)
            problem = f"{self.name} compares pictures with sound"
            expected = f"at least {window} frames of both"
            raise InputError(compose(problem, expected=expected, given=given))
        video = np.concatenate([
            self._seen(frames[start : start + _CHUNK + window - 1])
            for start in range(0, len(frames) - window + 1, _CHUNK)
        ])  # fmt: skip
        sound = torch.from_numpy(np.ascontiguousarray(waveform[: heard * hop]))[None]
        audio = network.embed_audio(sound)[0].double().numpy()
        found = np.full((len(frames), 2 * most + 1), np.nan)
        middle = window // 2
        for column, shift in enumerate(range(-most, most + 1)):
            first = max(0, -(before + shift))
            last = min(len(video), len(audio) - before - shift)
            if first < last:
                late = audio[first + before + shift : last + before + shift]
                cosines = (video[first:last] * late).sum(1)
                found[first + middle : last + middle, column] = self._scale * cosines
        found[~np.isfinite(landmarks).all((1, 2))] = 0.0
        return found

    def _seen(self, frames: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Embeddings [N, E] of frames [N + window - 1, R, R, 3]."""
        pictures = torch.from_numpy(np.ascontiguousarray(frames)).float() / 127.5 - 1
        embedded = self._discriminator.embed_video(pictures.permute(0, 3, 1, 2)[None])
        return np.asarray(embedded[0].double().numpy())
