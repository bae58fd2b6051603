"""The audio-visual offset, with a discriminator whose embeddings are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from styletalker.core.errors import InputError
from styletalker.evaluation.sync import sync_offset
from styletalker.plugins.contrastive_sync.config import ContrastiveConfig
from styletalker.plugins.contrastive_sync.discriminator import ContrastiveSync
from support.clock import Clock
from support.clock import told as clip


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
