"""Lips with known apertures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from styletalker.core.clip import Phoneme
from styletalker.core.errors import InputError
from styletalker.evaluation import phonetics
from styletalker.evaluation.mouth import (
    Closure,
    aperture,
    bilabial_closure,
    pause_frames,
    pause_motion,
    vowel_openness,
    width,
)
from support.faces import puppet_clip
from support.landmarks import face_landmarks

FPS = 25


def said(*sounds: tuple[str, int, int]) -> list[Phoneme]:
    """Sounds from symbol, first frame and the frame after the last."""
    return [Phoneme(symbol, start / FPS, stop / FPS) for symbol, start, stop in sounds]


def test_aperture_and_width_are_in_eye_distances() -> None:
    points = face_landmarks([0.0, 0.1, 0.25])
    np.testing.assert_allclose(aperture(points), [0.0, 0.1, 0.25], atol=1e-9)
    np.testing.assert_allclose(aperture(3 * points + 7), [0.0, 0.1, 0.25], atol=1e-9)
    np.testing.assert_allclose(width(points), 2 * 0.2557, atol=1e-9)


def test_aperture_is_the_mean_of_three_gaps() -> None:
    points = face_landmarks([0.0])
    points[0, 67, 1] += 50 * 0.03  # point 67 is the one below 61
    assert aperture(points)[0] == pytest.approx(0.01)


def test_unknown_landmarks_have_unknown_aperture() -> None:
    points = face_landmarks([0.1, 0.1])
    points[1] = np.nan
    assert np.isfinite(aperture(points)).tolist() == [True, False]
    with pytest.raises(InputError, match=r"expected '?\[T, 68, 2\]"):
        aperture(points[0])


def test_bilabial_closure_counts_what_is_below_a_quarter_of_open() -> None:
    opened = np.full(20, 0.2)
    opened[4] = 0.049  # within p
    opened[9] = 0.0  # one frame before b: counts
    opened[18] = 0.0  # two frames after m: does not
    phonemes = said(("A", 0, 3), ("p", 3, 6), ("aI", 6, 10), ("b", 10, 12), ("m", 14, 17))
    level = vowel_openness(opened, phonemes, FPS)
    assert level == pytest.approx((6 * 0.2 + 0.0) / 7)
    assert bilabial_closure(opened, phonemes, FPS, 0.2) == Closure(closed=2, total=3)
    opened[4] = 0.051
    assert bilabial_closure(opened, phonemes, FPS, 0.2) == Closure(closed=1, total=3)
    assert Closure(closed=1, total=4).rate == 0.25
    assert math.isnan(Closure(closed=0, total=0).rate)


def test_sounds_that_are_not_seen_do_not_count() -> None:
    opened = np.full(10, 0.2)
    opened[2:6] = np.nan
    phonemes = said(("p", 3, 5), ("m", 7, 8))
    assert bilabial_closure(opened, phonemes, FPS, 0.2) == Closure(closed=0, total=1)
    assert bilabial_closure(opened, phonemes, FPS, math.nan).total == 0
    assert math.isnan(vowel_openness(opened, phonemes, FPS))


def test_pause_motion_is_the_mean_change_inside_long_pauses() -> None:
    opened = np.zeros(30)
    opened[0:10] = np.arange(10) * 0.5  # the lips settle in the first two frames
    opened[10:20] = [9, 9, 0, 0.02, 0, 0.02, 0, 0, 9, 9]
    phonemes = said(("_", 0, 5), ("A", 5, 10), ("_", 10, 20), ("t", 20, 30))
    # 0 to 5 is 200 ms, not more; of 10 to 20 the frames 12 to 18 count
    assert pause_frames(30, phonemes, FPS) == [slice(12, 18)]
    assert pause_motion(opened, phonemes, FPS) == pytest.approx(4 * 0.02 / 5)
    assert math.isnan(pause_motion(opened, phonemes[:2], FPS))


def test_symbols_of_espeak_and_arpabet() -> None:
    def one(symbol: str) -> Phoneme:
        return Phoneme(symbol, 0, 1)

    assert all(phonetics.is_bilabial(one(symbol)) for symbol in ("p", "b", "m", "P", "M"))
    assert not any(phonetics.is_bilabial(one(symbol)) for symbol in ("f", "n", "w", "_"))
    assert all(phonetics.is_open_vowel(one(symbol)) for symbol in ("A", "aI", "0", "AA1", "AW"))
    assert not any(phonetics.is_open_vowel(one(symbol)) for symbol in ("i:", "u:", "IY1", "I"))
    assert all(phonetics.is_pause(one(symbol)) for symbol in ("_", "sil", "sp", ""))


def test_frames_of_a_phoneme() -> None:
    phoneme = Phoneme("p", 0.05, 0.13)  # touches the frames 1, 2 and 3
    assert phonetics.frames_of(phoneme, FPS, 10) == slice(1, 4)
    assert phonetics.frames_of(phoneme, FPS, 10, margin=2) == slice(0, 6)
    assert phonetics.frames_of(phoneme, FPS, 3) == slice(1, 3)


def test_a_puppets_lips_close_and_rest() -> None:
    clip = puppet_clip(frames=60)
    assert clip.landmarks is not None
    opened = aperture(clip.landmarks)
    level = vowel_openness(opened, clip.phonemes, clip.fps)
    assert 0.05 < level < 0.3
    closure = bilabial_closure(opened, clip.phonemes, clip.fps, level)
    assert closure.total >= 2
    assert closure.closed == closure.total
    still = bilabial_closure(np.full(60, 0.1), clip.phonemes, clip.fps, 0.1)
    assert still == Closure(closed=0, total=closure.total)
