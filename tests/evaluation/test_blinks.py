"""Blinks at known times, in signals and in pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.evaluation.blinks import Blink, blink_f1, blinks, blinks_per_minute, eye_openness
from styletalker.evaluation.eye_contrast import eye_contrast
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import parameters_from
from support.landmarks import face_landmarks

DIP = (0.8, 0.4, 0.1, 0.3, 0.6, 0.9)


def openness(*places: int, frames: int = 100) -> np.ndarray:
    values = 0.3 + 0.01 * np.sin(np.arange(frames))
    for place in places:
        values[place : place + len(DIP)] = 0.3 * np.array(DIP)
    return values


def test_blinks_are_found_where_they_are() -> None:
    found = blinks(openness(10, 50), fps=25)
    assert [one.peak for one in found] == [12, 52]
    for one, start in zip(found, (10, 50), strict=True):
        assert start - 0.5 < one.start < start + 1
        assert start + 3 < one.end < start + 6
        assert 0.12 < one.duration_s(25) < 0.24
    assert blinks_per_minute(len(found), 100 / 25) == 30


def test_the_usual_openness_may_change() -> None:
    drift = np.linspace(1, 0.5, 100) * openness(10, 50, 80)
    assert [one.peak for one in blinks(drift, fps=25)] == [12, 52, 82]


def test_a_blink_at_the_edge_and_one_with_unknown_values_count() -> None:
    values = openness(50)
    values[0] = 0.05
    values[51] = np.nan
    assert [one.peak for one in blinks(values, fps=25)] == [0, 52]


def test_what_is_no_blink() -> None:
    shallow, long = openness(), openness()
    shallow[20:23] = 0.25
    long[30:50] = 0.02
    assert blinks(shallow, fps=25) == []
    assert blinks(long, fps=25) == []
    assert blinks(np.full(5, np.nan), fps=25) == []
    with pytest.raises(InputError, match="one openness a frame"):
        blinks(np.zeros((5, 2)), fps=25)


def at(*peaks: int) -> list[Blink]:
    return [Blink(start=peak - 2, peak=peak, end=peak + 2) for peak in peaks]


def test_f1_of_known_blinks() -> None:
    assert blink_f1(at(10, 50), at(12, 47)) == 1.0
    assert blink_f1(at(10, 50), at(14, 50)) == 0.5
    assert blink_f1(at(10, 12), at(11)) == pytest.approx(2 / 3)  # one to one
    assert blink_f1(at(10), []) == 0.0
    assert math.isnan(blink_f1([], []))
    assert blink_f1(at(10), at(15), tolerance_frames=5) == 1.0


def test_eye_openness_is_the_aspect_ratio_of_each_eye() -> None:
    points = face_landmarks([0.0])
    points[0, 36:42] = [(0, 0), (3, -2), (7, -2), (10, 0), (7, 1), (3, 1)]
    points[0, 42:48] = [(50, 0), (53, -1), (57, -1), (60, 0), (57, 0), (53, 0)]
    np.testing.assert_allclose(eye_openness(points), [[0.3, 0.1]])


def test_closed_eyes_have_half_the_contrast() -> None:
    frames, landmarks = [], []
    head = Head(Identity.sample(np.random.default_rng(3)))
    for left, right in ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0)):
        frame = head.render(parameters_from(blink_l=left, blink_r=right), 128)
        frames.append(frame.image)
        landmarks.append(frame.landmarks)
    contrast = eye_contrast(np.stack(frames), np.stack(landmarks))
    assert contrast.shape == (3, 2)
    assert (contrast[1] < 0.7 * contrast[0]).all()
    np.testing.assert_allclose(contrast[2], [contrast[1, 0], contrast[0, 1]], rtol=0.02)
    with pytest.raises(InputError, match="landmarks do not belong to the frames"):
        eye_contrast(np.stack(frames), np.stack(landmarks)[:2])


def test_contrast_of_a_known_picture() -> None:
    """Left half black, right half white: the standard deviation is half the range."""
    points = face_landmarks([0.0])
    picture = np.zeros((1, 128, 128, 3), np.uint8)
    picture[:, :, round((points[0, 36, 0] + points[0, 39, 0]) / 2) :] = 255
    contrast = eye_contrast(picture, points)
    assert contrast[0, 0] == pytest.approx(127.5, rel=0.05)
    assert contrast[0, 1] == pytest.approx(0, abs=1e-9)
