"""The face analyser ``dlib`` on rendered faces whose ground truth is known."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from styletalker.core.errors import CheckpointError
from styletalker.plugins.dlib_face import models
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from support.faces import analyser, puppet_clip


def eye_distance(landmarks: np.ndarray) -> float:
    return float(np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0)))


@pytest.mark.parametrize("resolution", [64, 128, 320])
def test_landmarks_are_in_the_pixels_of_the_image(resolution: int) -> None:
    clip = puppet_clip(frames=3, resolution=resolution)
    assert clip.landmarks is not None
    faces = analyser().analyse(clip.frames[1])
    assert len(faces) == 1
    face, truth = faces[0], clip.landmarks[1]
    assert face.landmarks.shape == (68, 2)
    assert face.landmarks.dtype == np.float32
    error = np.linalg.norm(face.landmarks - truth, axis=1).mean()
    assert error < 0.12 * eye_distance(truth)
    assert np.abs((face.landmarks - truth)[27:48].mean(0)).max() < 0.06 * eye_distance(truth)
    left, top, right, bottom = face.box
    inside = (truth > (left, top)) & (truth < (right, bottom))
    assert inside[27:].all()
    assert face.embedding is None
    assert face.score > 0


def test_upsampling_finds_what_is_missed_without_it() -> None:
    clip = puppet_clip(frames=3)
    wall = np.full((360, 360, 3), 128, np.uint8)
    wall[100:164, 200:264] = clip.frames[0][::2, ::2]  # a face of about 33 px
    assert Dlib(DlibConfig(upsample_on_miss=0)).analyse(wall) == ()
    (face,) = Dlib(DlibConfig(upsample_on_miss=2)).analyse(wall)
    assert clip.landmarks is not None
    truth = clip.landmarks[0] / 2 + (200, 100)
    assert np.linalg.norm(face.landmarks - truth, axis=1).mean() < 0.25 * eye_distance(truth)


def test_the_largest_face_comes_first() -> None:
    big, small = puppet_clip(frames=3, resolution=320), puppet_clip(1, frames=3)
    wall = np.full((340, 520, 3), 128, np.uint8)
    wall[10:138, 10:138] = small.frames[0]
    wall[10:330, 190:510] = big.frames[0]
    faces = analyser().analyse(wall)
    assert len(faces) == 2
    assert faces[0].box[0] > 190 > faces[1].box[2]


def test_identity_vectors_tell_people_apart() -> None:
    one, other = puppet_clip(0, frames=30), puppet_clip(1, frames=3)
    vectors = []
    for frame in (one.frames[0], one.frames[29], other.frames[0]):
        (face,) = analyser().analyse(frame, embed=True)
        assert face.embedding is not None
        assert face.embedding.shape == (analyser().embedding_dim,)
        vectors.append(face.embedding)
    assert 1.0 < np.linalg.norm(vectors[0]) < 2.0  # raw, not of length 1
    same, different = (float(np.linalg.norm(vectors[0] - vectors[k])) for k in (1, 2))
    assert same < 0.45
    assert same < 0.8 * different


def test_the_mean_over_several_boxes_wavers_less() -> None:
    clip = puppet_clip(frames=12)
    assert clip.landmarks is not None
    wavers = []
    for boxes in (1, 9):
        tool = Dlib(DlibConfig(boxes=boxes))
        seen = np.stack([tool.analyse(frame)[0].landmarks for frame in clip.frames])
        wavers.append(float(np.abs(np.diff(seen - clip.landmarks, axis=0)).mean()))
    assert wavers[1] < 0.85 * wavers[0]


def test_a_copy_in_another_process_sees_the_same() -> None:
    frame = puppet_clip(frames=3).frames[0]
    copy = pickle.loads(pickle.dumps(analyser()))
    np.testing.assert_array_equal(
        copy.analyse(frame)[0].landmarks, analyser().analyse(frame)[0].landmarks
    )


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CheckpointError, match=r"no-such\.dat: a model file of dlib is missing"):
        models.model_path("no-such.dat")
    monkeypatch.setattr(models, "_PACKAGE", "no_such_package")
    with pytest.raises(CheckpointError, match="pip install face-recognition-models"):
        models.model_path(models.LANDMARK_FILE)


def test_the_package_of_the_weights_is_not_imported() -> None:
    models.model_path(models.IDENTITY_FILE)
    assert "face_recognition_models" not in sys.modules
