"""Evidence per offset: products, pieces, missing sound, the sign, JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.evaluation.sync import sync_offset
from styletalker.plugins.preparation.offset.curve import OffsetCurve, curve_of, offset_curve
from styletalker.plugins.preparation.offset.decision import decide_offset
from styletalker.plugins.preparation.offset.discriminator_scorer import DiscriminatorScorer
from styletalker.plugins.preparation.offset.network import shifted_products
from support.clock import Clock, told

HOP = 640


class Recorder:
    """A scorer that keeps what it was given."""

    name, fps, sample_rate = "recorder", 25, 16000

    def __init__(self) -> None:
        self.sound = np.zeros(0, np.float32)
        self.before = 0

    def products(
        self,
        landmarks: NDArray[np.floating[Any]],
        frames: NDArray[np.uint8] | None,
        waveform: NDArray[np.float32],
        before: int,
        most: int,
    ) -> NDArray[np.float64]:
        self.sound, self.before = waveform, before
        return np.ones((len(landmarks), 2 * most + 1))


def face(frames: int) -> NDArray[np.float64]:
    return np.tile(np.random.default_rng(0).uniform(0, 256, (68, 2)), (frames, 1, 1))


@pytest.mark.parametrize(
    ("frames", "heard", "before"),
    [(10, 40, 15), (10, 10, 0), (10, 5, -3), (10, 60, 50), (4, 3, -30), (4, 30, 28), (10, 12, 1)],
)
def test_products_are_those_of_a_loop(frames: int, heard: int, before: int) -> None:
    draws = torch.Generator().manual_seed(0)
    lips = torch.randn(1, frames, 3, generator=draws)
    sound = torch.randn(1, heard, 3, generator=draws)
    expected = torch.full((1, frames, 31), torch.nan)
    for t in range(frames):
        for shift in range(-15, 16):
            if 0 <= t + before + shift < heard:
                expected[0, t, shift + 15] = lips[0, t] @ sound[0, t + before + shift]
    found = shifted_products(lips, sound, before, 15)
    assert torch.allclose(found, expected, equal_nan=True, atol=1e-5)


def test_evidence_is_summed_over_pieces_of_a_second() -> None:
    products = np.random.default_rng(1).normal(size=(60, 31))
    curve = curve_of(products, "x")
    assert curve.evidence.shape == (2, 31)
    assert (curve.most, curve.frames, curve.scorer) == (15, 60, "x")
    assert np.allclose(curve.evidence[0], products[:30].sum(0))
    assert np.allclose(curve.evidence.sum(0), products.sum(0))


def test_sound_that_is_missing_counts_as_the_mean_of_its_offset() -> None:
    products = np.full((20, 3), 2.0)
    products[5:, 0] = np.nan
    products[:, 2] = np.nan
    curve = curve_of(products, "x")
    assert np.allclose(curve.evidence, [[40.0, 40.0, 40.0]])


@pytest.mark.parametrize("late", [-15, -7, 0, 4, 15])
def test_the_sign_is_the_opposite_of_syncnets(late: int) -> None:
    pixels, sound = told(late)  # lips late
    scorer = DiscriminatorScorer(Clock(None), name="clock")
    found = decide_offset([offset_curve(face(150), pixels, sound, 25, 16000, scorer=scorer)])
    theirs = sync_offset(Clock(None), pixels, sound).offset_frames
    assert theirs == late
    assert found.frames == -theirs
    assert found.sure


def test_a_discriminator_compares_with_sound_around_the_frames() -> None:
    pixels, sound = told(-9)
    scorer = DiscriminatorScorer(Clock(None))
    middle = pixels[40:110]
    around = sound[25 * HOP : 125 * HOP]
    curve = offset_curve(face(70), middle, around, 25, 16000, scorer=scorer)
    products = scorer.products(face(70), middle, around, 15, 15)
    assert decide_offset([curve]).frames == 9
    # windows of two frames: the first of them at the second frame, and with all its sound
    assert np.isnan(products[0]).all()
    assert np.isfinite(products[1:, 3:]).all()
    assert products[:, 24][1:].min() == pytest.approx(10.0, abs=1e-3)


def test_a_discriminator_needs_pictures() -> None:
    sound, scorer = np.ones(70 * HOP, np.float32), DiscriminatorScorer(Clock(None))
    with pytest.raises(InputError, match=r"compares pictures with sound.*none"):
        offset_curve(face(70), None, sound, 25, 16000, scorer=scorer)


def test_the_frames_lie_in_the_middle_of_the_sound_or_where_it_is_said() -> None:
    scorer, sound = Recorder(), np.ones(40 * HOP + 5, np.float32)
    offset_curve(face(10), None, sound, 25, 16000, scorer=scorer)
    assert (scorer.before, len(scorer.sound)) == (15, 40 * HOP)
    offset_curve(face(10), None, sound, 25, 16000, scorer=scorer, before=3)
    assert scorer.before == 3


def test_zeros_at_the_ends_are_no_sound() -> None:
    scorer, sound = Recorder(), np.zeros(40 * HOP, np.float32)
    sound[20 * HOP : 31 * HOP] = 0.5
    sound[30 * HOP : 31 * HOP] = 0
    offset_curve(face(10), None, sound, 25, 16000, scorer=scorer)
    assert (scorer.before, len(scorer.sound)) == (-5, 10 * HOP)
    nothing = np.zeros(40 * HOP, np.float32)
    curve = offset_curve(face(10), None, nothing, 25, 16000, scorer=scorer)
    assert not curve.evidence.any()
    assert not decide_offset([curve]).sure


def test_what_does_not_fit_is_refused() -> None:
    sound = np.ones(40 * HOP, np.float32)
    with pytest.raises(InputError, match=r"landmarks have the wrong shape.*\[T, 68, 2\]"):
        offset_curve(np.zeros((4, 5, 2)), None, sound, 25, 16000)
    with pytest.raises(InputError, match=r"frames and landmarks differ in length"):
        offset_curve(face(4), np.zeros((3, 8, 8, 3), np.uint8), sound, 25, 16000)
    with pytest.raises(InputError, match=r"fps is not recorder's.*25.*30"):
        offset_curve(face(4), None, sound, 30, 16000, scorer=Recorder())
    with pytest.raises(InputError, match=r"sample_rate is not recorder's.*16000.*44100"):
        offset_curve(face(4), None, sound, 25, 44100, scorer=Recorder())
    with pytest.raises(InputError, match=r"before is not usable.*0 to 40.*41"):
        offset_curve(face(4), None, sound, 25, 16000, scorer=Recorder(), before=41)
    with pytest.raises(InputError, match=r"max_shift is not usable.*1 to 50.*0"):
        offset_curve(face(4), None, sound, 25, 16000, scorer=Recorder(), max_shift=0)


def test_a_curve_survives_json() -> None:
    curve = curve_of(np.random.default_rng(2).normal(size=(60, 31)), "x")
    back = OffsetCurve.from_json(curve.to_json())
    assert np.allclose(back.evidence, curve.evidence, atol=6e-5)
    assert (back.frames, back.scorer) == (60, "x")
    assert back.to_json() == curve.to_json()


def test_curves_of_different_scorers_do_not_add() -> None:
    one, other = (curve_of(np.zeros((25, 31)), name) for name in ("x", "y"))
    with pytest.raises(InputError, match="different scorers"):
        decide_offset([one, other])
