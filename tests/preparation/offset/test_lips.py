"""Measures of the lips: what they ignore, and that they have no lag."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from styletalker.plugins.preparation.offset.lips import MEASURES, lip_measures
from styletalker.plugins.preparation.offset.sound import heard
from support.landmarks import face_landmarks

INNER_GAP = MEASURES.index("inner gap")


@pytest.fixture
def talking() -> NDArray[np.float64]:
    times = np.arange(80)
    gaps: NDArray[np.float64] = 0.15 + 0.1 * np.sin(times * 0.9) + 0.05 * np.sin(times * 0.37)
    return face_landmarks(gaps)


def test_place_size_and_tilt_do_not_matter(talking: NDArray[np.float64]) -> None:
    angle = 0.3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = 2.5 * talking @ turn.T + (40, -7)
    expected = lip_measures(talking)
    assert expected.shape == (80, len(MEASURES))
    assert np.abs(expected[:, INNER_GAP]).max() > 1
    # noise that counts as movement is relative to the face, so nothing changes at all
    assert np.abs(lip_measures(moved) - expected).max() < 1e-4


def test_a_batch_is_its_clips(talking: NDArray[np.float64]) -> None:
    both = np.stack([talking, talking[::-1]])
    assert np.array_equal(lip_measures(both)[1], lip_measures(talking[::-1]))


def test_a_moment_is_where_it_was() -> None:
    gaps = np.zeros(81)
    gaps[40] = 0.3
    measured = lip_measures(face_landmarks(gaps))[:, INNER_GAP]
    assert measured.argmax() == 40
    assert np.allclose(measured, measured[::-1], atol=1e-5)


def test_sound_is_where_it_was() -> None:
    click = np.zeros((1, 41 * 640), np.float32)
    click[0, 20 * 640 + 319 : 20 * 640 + 321] = 1  # the middle of frame 20
    columns = heard(torch.from_numpy(click)).reshape(41 * 4, -1).sum(1)
    loud = columns - columns.min()
    middle = float((loud * torch.arange(len(loud))).sum() / loud.sum())
    assert middle == pytest.approx(81.5, abs=0.05)  # in steps of 10 ms: half a millisecond
    assert set(columns.topk(2).indices.tolist()) == {81, 82}


def test_still_lips_have_no_movement() -> None:
    rng = np.random.default_rng(0)
    still = face_landmarks(np.zeros(80)) + rng.normal(0, 0.05, (80, 68, 2))
    assert np.abs(lip_measures(still)).max() < 0.6


def test_frames_without_a_face_are_bridged(talking: NDArray[np.float64]) -> None:
    lost = talking.copy()
    lost[30:32] = np.nan
    found = lip_measures(lost)
    assert np.isfinite(found).all()
    assert np.abs(found[:20] - lip_measures(talking)[:20]).max() < 0.1
    lost[:] = np.nan
    assert not lip_measures(lost).any()


def test_loudness_does_not_matter() -> None:
    sound = torch.randn(1, 50 * 640, generator=torch.Generator().manual_seed(0)) * 0.1
    assert torch.allclose(heard(sound), heard(sound * 0.2), atol=1e-3)
    assert heard(sound).shape == (1, 50, 160)
    assert heard(sound).reshape(200, 40).mean(0).abs().max() < 1e-5
