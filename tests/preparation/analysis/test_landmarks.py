"""Landmarks: near to the truth, steady where the head is still, fast where it moves."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.video import write_video
from styletalker.evaluation.blinks import eye_openness
from styletalker.evaluation.mouth import aperture
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.results import Candidate
from styletalker.plugins.preparation.analysis.smoothing import fit_similarity, jitter, steady
from styletalker.plugins.preparation.analysis.stream import candidates
from support.scenes import detector, puppet_clip

FloatArray = NDArray[np.float64]

SIZE = 256
FRAMES = 50
_NOISE_PX = 0.8
_NOT_LIPS = slice(17, 48)


@functools.cache
def truth(index: int) -> FloatArray:
    """The landmarks of a puppet, at 256 px."""
    found = puppet_clip(index, FRAMES, SIZE).landmarks
    assert found is not None
    return found.astype(np.float64)


@functools.cache
def noisy(index: int) -> FloatArray:
    """The same with white noise."""
    noise = np.random.default_rng(index).normal(0, _NOISE_PX, truth(index).shape)
    return truth(index) + noise


def prepared(folder: Path, index: int) -> tuple[MovieFile, Candidate]:
    """A puppet's clip written to a file of 320 x 256 pixels and prepared from it."""
    frames = puppet_clip(index, FRAMES, SIZE).frames
    wide = np.pad(frames, ((0, 0), (0, 0), (40, 24), (0, 0)), mode="edge")
    write_video(folder / "puppet.mp4", wide, fps=25)
    movie = MovieFile.open(folder / "puppet.mp4")
    config = AnalysisConfig(size=SIZE, min_clip_s=1.0, max_clip_s=4.0)
    (found,) = candidates(movie, config, detector())
    assert isinstance(found, Candidate)
    return movie, found


def test_landmarks_of_a_file_are_those_of_the_ground_truth(tmp_path: Path) -> None:
    _, clip = prepared(tmp_path, 3)
    assert (clip.start, clip.stop) == (0, FRAMES)
    seen = clip.window.to_input(clip.landmarks, SIZE) - (40, 0)
    off = seen - truth(3)
    assert np.linalg.norm(off, axis=-1).mean() < 3.0  # dlib puts points elsewhere than we do
    assert np.linalg.norm(off - off.mean(0), axis=-1).mean() < 0.9  # but moves them as it should
    tremble = jitter(off[:, _NOT_LIPS])
    assert tremble < 0.45


def test_crops_show_what_the_window_says(tmp_path: Path) -> None:
    movie, clip = prepared(tmp_path, 8)
    window = clip.window
    left, top, side = round(window.left), round(window.top), round(window.side)
    assert left + side <= 320
    pictures = list(movie.frames(fps=25))
    eyes = (clip.landmarks[:, 36:42].mean(1) + clip.landmarks[:, 42:48].mean(1)) / 2
    assert np.median(eyes[:, 1]) / SIZE == pytest.approx(0.40, abs=0.06)
    assert np.median(eyes[:, 0]) / SIZE == pytest.approx(0.50, abs=0.06)
    for t in (0, FRAMES - 1):
        piece = pictures[t][max(top, 0) : top + side, left : left + side].astype(np.float64)
        shown = clip.frames[t].astype(np.float64)
        assert piece.mean((0, 1)) == pytest.approx(shown.mean((0, 1)), abs=6.0)


def test_noise_is_gone() -> None:
    rest = [steady(noisy(k)) - truth(k) for k in (3, 8)]
    before = [noisy(k) - truth(k) for k in (3, 8)]
    assert np.mean([jitter(one) for one in before]) == pytest.approx(_NOISE_PX * 2**0.5, rel=0.05)
    assert np.mean([jitter(one) for one in rest]) < 0.4 * _NOISE_PX * 2**0.5
    assert np.mean([one.std() for one in rest]) < 0.55 * _NOISE_PX


def test_a_still_face_stays_still() -> None:
    still = np.repeat(truth(3)[:1], 60, 0)
    noise = np.random.default_rng(0).normal(0, _NOISE_PX, still.shape)
    calm = steady(still + noise)
    assert jitter(calm) < 0.3
    assert np.abs(calm.mean(0) - still[0]).max() < 0.5


def lids(points: FloatArray) -> FloatArray:
    """How open both eyes are."""
    return np.asarray(eye_openness(points).mean(-1))


@pytest.mark.parametrize(("index", "measure"), [(3, aperture), (8, aperture), (8, lids)])
def test_lips_and_lids_keep_their_speed(
    index: int, measure: Callable[[FloatArray], FloatArray]
) -> None:
    true, calm = measure(truth(index)), measure(steady(noisy(index)))
    speed, found = np.diff(true), np.diff(calm)
    assert (speed @ found) / (speed @ speed) > 0.85
    assert np.corrcoef(true, calm)[0, 1] > 0.98


def test_a_blink_keeps_its_depth() -> None:
    face = np.repeat(truth(3)[:1], 60, 0)
    for t, shut in zip(range(28, 33), (0.5, 1.0, 1.0, 0.6, 0.2), strict=True):
        for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
            face[t, upper] += shut * (face[t, lower] - face[t, upper])
    noise = np.random.default_rng(1).normal(0, 0.4, face.shape)
    depth = eye_openness(face).mean(-1)
    found = eye_openness(steady(face + noise)).mean(-1)
    assert found[0] - found.min() > 0.85 * (depth[0] - depth.min())
    assert abs(int(found.argmin()) - 29.5) <= 1


def test_smoothing_commutes_with_the_window() -> None:
    turn = np.array([[0.8, -0.3], [0.3, 0.8]])
    moved = steady(noisy(3) @ turn.T + (50, -20))
    assert np.allclose(moved, steady(noisy(3)) @ turn.T + (50, -20), atol=1e-6)


def test_the_head_is_taken_apart_and_put_together() -> None:
    head = fit_similarity(truth(3))
    assert np.allclose(head.together(head.apart(truth(3))), truth(3))


def test_short_clips_are_left_as_they_are() -> None:
    assert np.array_equal(steady(noisy(3)[:4]), noisy(3)[:4])
    assert np.isnan(jitter(noisy(3)[:2]))
