"""Head pose: exact on a turned generic face, near the truth on puppets."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.evaluation.head_pose import HeadPose, head_pose, mean_face
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import parameters_from
from support.landmarks import face_landmarks

POSES = (
    (0.0, 0.0, 0.0),
    (25.0, 0.0, 0.0),
    (0.0, -15.0, 0.0),
    (0.0, 0.0, 20.0),
    (-30.0, 12.0, -18.0),
)


@pytest.mark.parametrize("pose", POSES)
def test_a_turned_generic_face(pose: tuple[float, float, float]) -> None:
    found = head_pose(2 * face_landmarks([0.0], pose=pose) + 31)
    np.testing.assert_allclose(found.angles[0], pose, atol=0.2)


def test_signs() -> None:
    """Yaw turns the nose to the right of the image, pitch up, roll clockwise."""
    nose, eye = face_landmarks([0.0], pose=(20, 10, 0))[0, 30], face_landmarks([0.0])[0, 30]
    assert nose[0] > eye[0]
    assert nose[1] < eye[1]
    rolled = face_landmarks([0.0], pose=(0, 0, 10))[0]
    assert rolled[45, 1] > rolled[36, 1]


def test_the_generic_face_is_a_face() -> None:
    face = mean_face()
    assert face.shape == (68, 3)
    np.testing.assert_allclose(face[45] - face[36], (1, 0, 0), atol=1e-3)
    assert face[30, 2] == face[:, 2].max()  # the nose's tip is in front
    np.testing.assert_allclose(face[0] * (-1, 1, 1), face[16], atol=1e-3)


def test_spread_and_speed() -> None:
    t = np.arange(5.0)
    yaw = np.array([*2 * t, np.nan])
    pose = HeadPose(yaw=yaw, pitch=np.where(np.isnan(yaw), yaw, 1.0), roll=-yaw)
    np.testing.assert_allclose(pose.spread_deg, [np.sqrt(8), 0, np.sqrt(8)])
    np.testing.assert_allclose(pose.speed_deg_s(25), [50, 0, 50])
    lost = HeadPose(yaw=yaw[5:], pitch=yaw[5:], roll=yaw[5:])
    assert np.isnan(lost.spread_deg).all()
    assert np.isnan(lost.speed_deg_s(25)).all()


def test_unknown_landmarks_and_wrong_shapes() -> None:
    points = face_landmarks([0.0, 0.0])
    points[0] = np.nan
    found = head_pose(points).angles
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], 0, atol=0.2)
    with pytest.raises(InputError, match="landmarks have the wrong shape"):
        head_pose(points[0])


def true_and_found(people: int, poses: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Angles [people, poses, 3]: of random puppets, and by their true landmarks."""
    true, found = [], []
    for k in range(people):
        rng = np.random.default_rng([5, k])
        head = Head(Identity.sample(rng))
        angles = rng.uniform(-1, 1, (poses, 3)) * (25, 15, 15)
        frames = [
            head.render(
                parameters_from(yaw=y, pitch=p, roll=r, jaw=float(rng.random() * 0.5)),
                64,
                supersample=False,
            )
            for y, p, r in angles
        ]
        true.append(angles)
        found.append(head_pose(np.stack([frame.landmarks for frame in frames])).angles)
    return np.array(true), np.array(found)


def test_puppets_turn_as_they_are_told() -> None:
    true, found = true_and_found(people=6, poses=14)
    # The pitch's zero depends on the person: what counts is how each moves.
    true, found = (x - x.mean(1, keepdims=True) for x in (true, found))
    for axis in range(3):
        one, other = true[..., axis].ravel(), found[..., axis].ravel()
        assert np.corrcoef(one, other)[0, 1] > 0.95
        assert 0.8 < np.polyfit(one, other, 1)[0] < 1.2
