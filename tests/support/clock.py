"""A sync discriminator whose embeddings are known, and clips that it can read."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
from torch import Tensor

__all__ = ["Clock", "told"]


class Clock(SyncDiscriminator):
    """Brightness and loudness tell an angle; both embeddings are the point at that angle."""

    sample_rate, fps, window_frames, embedding_dim = 16000, 25, 2, 2

    def embed_video(self, frames: Tensor) -> Tensor:
        return self._points(frames.mean((2, 3, 4)) + 1)

    def embed_audio(self, waveform: Tensor) -> Tensor:
        return self._points(2 * waveform.reshape(len(waveform), -1, 640).mean(-1))

    def _points(self, angle: Tensor) -> Tensor:
        angle = angle[:, :-1] * torch.pi
        return torch.stack([angle.cos(), angle.sin()], -1)

    def loss(self, frames: Tensor, waveform: Tensor) -> Tensor:
        return -(self.embed_video(frames) * self.embed_audio(waveform)).sum(-1).mean()

    def chance_level(self, clips: int, frames: int) -> float:
        return 0.0


def told(
    late: int, frames: int = 150, *, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Frames that show the sound of *late* frames before, as brightness."""
    level = np.random.default_rng(seed).integers(0, 256, frames + 60)
    pixels = np.zeros((frames, 4, 4, 3), np.uint8)
    pixels[:] = level[30 - late : 30 - late + frames, None, None, None]
    sound = np.repeat(level[30 : 30 + frames] / 255, 640).astype(np.float32)
    return pixels, sound
