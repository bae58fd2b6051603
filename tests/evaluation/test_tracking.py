"""One face over time: a detector that is asked seldom, faces that vanish, other analysers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.evaluation.tracking import track
from support.faces import analyser, puppet_clip


class Scripted(FaceAnalyser):
    """Finds faces at the places a script gives for each frame; a frame is its number."""

    embedding_dim = 0

    def __init__(self, config: list[list[float]]) -> None:
        super().__init__(config)
        self.asked: list[int] = []

    def analyse(self, image: NDArray[np.uint8], *, embed: bool = False) -> tuple[Face, ...]:
        number = int(image[0, 0, 0])
        self.asked.append(number)
        return tuple(face_at(place) for place in self.config[number])


class Following(Scripted):
    """The same, and it can follow: the face drifts by a pixel in every frame."""

    jump = 1.0

    def follow(self, image: NDArray[np.uint8], box: NDArray[np.float32]) -> Face:
        return face_at(float(box[0]) + self.jump)


def face_at(place: float) -> Face:
    grid = np.stack(np.meshgrid(np.arange(4.0), np.arange(17.0)), -1).reshape(68, 2)
    return Face(
        box=np.array([place, 0, place + 20, 20], np.float32),
        score=1.0,
        landmarks=(grid + np.array([place, 0.0])).astype(np.float32),
    )


def numbered(count: int) -> NDArray[np.uint8]:
    frames = np.zeros((count, 4, 4, 3), np.uint8)
    frames[:] = np.arange(count)[:, None, None, None]
    return frames


def test_an_analyser_that_cannot_follow_is_asked_for_every_frame() -> None:
    scripted = Scripted([[5, 50], [50, 6], [], [80, 7]])
    seen = track(scripted, numbered(4), every=3)
    assert scripted.asked == [0, 1, 2, 3]
    np.testing.assert_array_equal(seen.found, [True, True, False, True])
    assert seen.found_rate == 0.75
    # the face nearest to the last box; after a loss the first that is found
    np.testing.assert_array_equal(seen.boxes[[0, 1, 3], 0], [5, 6, 80])
    assert np.isnan(seen.landmarks[2]).all()


def test_the_detector_is_asked_every_nth_frame_and_the_box_moves_along() -> None:
    following = Following([[float(10 * t)] for t in range(7)])
    seen = track(following, numbered(7), every=3)
    assert following.asked == [0, 3, 6]
    np.testing.assert_allclose(seen.boxes[:, 0], [0, 1, 2, 30, 31, 32, 60])
    np.testing.assert_allclose(seen.landmarks[:, 0, 0], [0, 1, 2, 30, 31, 32, 60])


def test_a_jump_asks_the_detector() -> None:
    following = Following([[0.0], [], [40.0], [44.0]])
    following.jump = 15.0  # more than half of the box
    seen = track(following, numbered(4), every=100)
    assert following.asked == [0, 1, 2, 3]
    np.testing.assert_array_equal(seen.found, [True, False, True, True])


def test_smoothing_is_a_mean_over_frames_with_a_face() -> None:
    places = [[0.0], [2.0], [], [4.0], [0.0]]
    seen = track(Scripted(places), numbered(5), smooth_frames=1.0)
    weight = np.exp(-0.5 * np.array([1.0, 0.0, 2.0, 3.0]) ** 2)
    expected = (weight * (0, 2, 4, 0)).sum() / weight.sum()
    assert seen.landmarks[1, 0, 0] == pytest.approx(expected, rel=1e-6)
    assert np.isnan(seen.landmarks[2]).all()


def test_wrong_options() -> None:
    with pytest.raises(InputError, match="every is too small; expected at least 1, got 0"):
        track(Scripted([[]]), numbered(1), every=0)
    with pytest.raises(InputError, match="smooth_frames is too small"):
        track(Scripted([[]]), numbered(1), smooth_frames=-1.0)


def test_dlib_follows_a_puppet() -> None:
    clip = puppet_clip()
    assert clip.landmarks is not None
    seen = track(analyser(), clip.frames, every=5)
    assert seen.found.all()
    error = np.linalg.norm(seen.landmarks - clip.landmarks, axis=-1)
    unit = np.linalg.norm(clip.landmarks[:, 36] - clip.landmarks[:, 45], axis=-1)
    assert (error.mean(1) / unit).max() < 0.09


def test_dlib_notices_that_the_face_is_gone() -> None:
    frames = puppet_clip().frames[:10].copy()
    frames[4:8] = 128
    seen = track(analyser(), frames, every=1)
    np.testing.assert_array_equal(seen.found, [*[True] * 4, *[False] * 4, *[True] * 2])
