"""The audio-visual offset, with a discriminator whose embeddings are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
from styletalker.evaluation.sync import sync_offset
from styletalker.plugins.contrastive_sync.config import ContrastiveConfig
from styletalker.plugins.contrastive_sync.discriminator import ContrastiveSync
from torch import Tensor


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


def clip(late: int, frames: int = 150) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Frames that show the sound of *late* frames before, as brightness."""
    level = np.random.default_rng(0).integers(0, 256, frames + 60)
    pixels = np.zeros((frames, 4, 4, 3), np.uint8)
    pixels[:] = level[30 - late : 30 - late + frames, None, None, None]
    sound = np.repeat(level[30 : 30 + frames] / 255, 640).astype(np.float32)
    return pixels, sound


@pytest.mark.parametrize("late", [-15, -3, 0, 4, 15])
def test_the_offset_is_how_late_the_lips_are(late: int) -> None:
    score = sync_offset(Clock(None), *clip(late))
    assert score.offset_frames == late
    assert score.similarity.shape == (31,)
    assert score.similarity[late + 15] == pytest.approx(1, abs=1e-4)
    assert score.confidence == pytest.approx(1 - np.median(score.similarity), abs=1e-4)
    assert abs(np.median(score.similarity)) < 0.15


def test_the_numbers_of_the_contrastive_discriminator_do_not_depend_on_the_chunks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    discriminator = ContrastiveSync(ContrastiveConfig())
    frames = np.random.default_rng(1).integers(0, 256, (45, 32, 32, 3), dtype=np.uint8)
    sound = np.random.default_rng(2).uniform(-0.5, 0.5, 45 * 640).astype(np.float32)
    whole = sync_offset(discriminator, frames, sound)
    monkeypatch.setattr("styletalker.evaluation.sync._CHUNK", 7)
    pieces = sync_offset(discriminator, frames, sound)
    np.testing.assert_allclose(pieces.similarity, whole.similarity, atol=1e-4)
    assert discriminator.training  # as it was


def test_wrong_clips() -> None:
    frames, sound = clip(0)
    with pytest.raises(
        InputError, match=r"frames and sound differ in length; expected '?150 frames"
    ):
        sync_offset(Clock(None), frames[:-1], sound)
    with pytest.raises(
        InputError, match=r"too short for offsets of 15 frames; .*at least 17 frames"
    ):
        sync_offset(Clock(None), frames[:16], sound[: 16 * 640])
    assert sync_offset(Clock(None), frames[:17], sound[: 17 * 640]).similarity.shape == (31,)
