"""Fitting a head: exact landmarks, true pose, lips that close, slopes that are right."""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.plugins.mesh.closing import smooth_lips
from styletalker.plugins.mesh.fit import fit_head, shows_teeth
from styletalker.plugins.mesh.fitted import FittedHead, pose
from styletalker.plugins.mesh.model import face_model, identity_of
from styletalker.plugins.mesh.solve import View, linearised, solve
from styletalker.plugins.puppet.blendshapes import SHAPES
from styletalker.plugins.puppet.head import Frame, Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.landmarks import landmark_rig, screen_landmarks
from styletalker.plugins.puppet.parameters import PARAMETERS, parameters_from
from styletalker.plugins.puppet.topology import LIPS
from support.faces import analyser
from support.photos import astronaut

REST = np.zeros(len(PARAMETERS))


@functools.cache
def puppet() -> Head:
    return Head(Identity.sample(np.random.default_rng(4)))


def rendered(**parameters: float) -> Frame:
    return puppet().render(parameters_from(**parameters), 192)


@functools.cache
def seen() -> NDArray[np.float64]:
    return analyser().analyse(astronaut())[0].landmarks.astype(np.float64) - 0.5


@functools.cache
def fitted() -> FittedHead:
    return fit_head(seen(), astronaut())


@pytest.mark.parametrize("angles", [(0, 0, 0), (15, 0, 0), (-25, 5, 8), (0, -10, -8)])
def test_the_pose_of_a_puppet_is_found(angles: tuple[float, float, float]) -> None:
    yaw, pitch, roll = angles
    found = solve(rendered(yaw=yaw, pitch=pitch, roll=roll).landmarks.astype(float) - 0.5)
    assert np.abs(found.angles - angles).max() < 2.5
    assert found.error_px < 0.5


def test_the_opening_of_a_puppets_jaw_is_found() -> None:
    shut, opened = (solve(rendered(jaw=jaw).landmarks.astype(float)).jaw for jaw in (0.0, 0.6))
    assert opened - shut == pytest.approx(0.6, abs=0.15)


def test_wrong_landmarks_bend_the_pose_little() -> None:
    landmarks = rendered(yaw=10.0).landmarks.astype(float)
    wrong = landmarks.copy()
    wrong[[5, 20, 50]] += 12.0
    assert np.abs(solve(wrong).angles - solve(landmarks).angles).max() < 4.0


def test_slopes_are_those_of_differences() -> None:
    model, view = face_model(), View(middle=np.array([250.0, 200.0]), apart=90.0)
    state = np.random.default_rng(0).normal(0, 0.3, 6 + len(model.fields) + 11)
    state[-1] = 0.3
    slope = linearised(model, state, view)[1]
    for k, axis in enumerate(np.eye(len(state))):
        ends = [linearised(model, state + sign * 1e-4 * axis, view)[0] for sign in (1, -1)]
        measured = (ends[0] - ends[1]) / 2e-4
        assert np.abs(measured - slope[..., k])[17:].max() < 0.03, k


def test_landmarks_of_a_photo_become_exact() -> None:
    head = fitted()
    assert head.error_px / head.eye_distance_px < 0.03
    rig = landmark_rig(head.topology, identity_of(solve(seen()).fields))
    roll = float(solve(seen()).angles[2])
    off = np.linalg.norm(
        screen_landmarks(rig, head.on_screen(head.own), roll)[:, :2] - seen(), axis=1
    )
    assert off[17:].mean() < 0.1
    assert off[:17].mean() < 0.04 * head.eye_distance_px


def test_nothing_changed_is_the_photos_own_face() -> None:
    head = fitted()
    own = pose(head, REST, 1.0).screen
    assert np.abs(own - head.on_screen(head.own)).max() < 1e-3
    assert head.teeth_visible


def test_the_base_has_lips_that_touch_and_press_keeps_them() -> None:
    head = fitted()
    for parameters in (REST, parameters_from(press=1.0, jaw=0.4)):
        screen = pose(head, parameters, 0.0).screen
        gap = screen[head.lips.lower, 1] - screen[head.lips.upper, 1]
        assert np.abs(gap[1:-1]).max() < 0.35
    own = pose(head, REST, 1.0).screen
    assert (own[head.lips.lower, 1] - own[head.lips.upper, 1]).max() > 3.0


def test_pressed_lips_keep_their_red() -> None:
    head = fitted()
    middle = len(head.lips.upper) // 2
    red = head.topology.lips[[0, 5]][:, [middle, -middle]]  # edge and border, upper and lower

    def heights(parameters: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        rows = pose(head, parameters, 0.0).screen[red, 1].astype(float)
        return np.asarray(np.abs(rows[0] - rows[1]))

    rest, pressed = heights(REST), heights(parameters_from(press=1.0))
    assert rest.min() > 2.0
    assert (pressed > 0.8 * rest).all(), (rest, pressed)
    assert (pressed < 0.99 * rest).all(), (rest, pressed)


def test_the_jaw_opens_the_mouth_along_its_whole_width() -> None:
    head = fitted()
    screen = pose(head, parameters_from(jaw=0.6), 0.0).screen
    gap = screen[head.lips.lower, 1] - screen[head.lips.upper, 1]
    middle = len(gap) // 2
    assert gap[middle] > 5.0
    assert gap[middle // 2] > 0.6 * gap[middle], "a V instead of an oval"


def test_things_on_the_head_move_with_it() -> None:
    head = fitted()
    tip = int(head.own[:, 2].argmax())
    for parameters in (REST, parameters_from(yaw=12.0, pitch=4.0, tx=0.5)):
        posed = pose(head, parameters, 1.0)
        assert np.abs(posed.place(head.own[tip][None])[0] - posed.screen[tip]).max() < 0.5


def test_a_head_resizes_with_its_picture() -> None:
    head = fitted()
    larger = head.resized(512)
    small, large = pose(head, REST, 1.0).screen, pose(larger, REST, 1.0).screen
    assert np.abs((small[:, :2] + 0.5) * 2 - 0.5 - large[:, :2]).max() < 1e-2


def test_lip_rings_keep_their_order_up_to_the_corners() -> None:
    head, topology = fitted(), fitted().topology
    lips = (topology.feature == LIPS) & (topology.ring >= 0) & (topology.ring < 6)
    triangles = topology.triangles[lips[topology.triangles].all(1)]

    def turned_over(points: NDArray[np.float64]) -> int:
        a, b, c = (points[triangles[:, k], :2] for k in range(3))
        return int(((b - a)[:, 0] * (c - a)[:, 1] < (b - a)[:, 1] * (c - a)[:, 0]).sum())

    assert turned_over(head.own) == 0
    assert turned_over(head.base) < 0.07 * len(triangles)


def test_rounded_lips_lose_their_bow() -> None:
    head = fitted()
    bowed, flat = head.base.copy(), np.zeros((len(SHAPES), *head.base.shape))
    border = head.topology.lips[5]
    bowed[border[11], 1] -= 0.2  # the middle of the upper lip
    plain, mended = (smooth_lips(flat, base, head.topology) for base in (head.base, bowed))
    change = (mended - plain)[list(SHAPES).index("round"), border, 1]
    assert change[11] > 0.08
    assert change[10] < 0.0
    assert np.abs(mended[list(SHAPES).index("smile")]).max() == 0.0


def test_only_pale_light_between_the_lips_is_teeth() -> None:
    """Lips, or a painted highlight on them, may lie where landmarks say the mouth is open."""
    assert shows_teeth(seen(), astronaut())
    gray = np.repeat(astronaut().mean(-1, keepdims=True), 3, -1).astype(np.uint8)
    assert shows_teeth(seen(), gray)
    tinted = astronaut().copy()
    inside = np.zeros(tinted.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(seen()[48:60]).astype(np.int32)], 1)
    tinted[inside > 0] = (tinted[inside > 0] * (1.0, 0.68, 0.66)).astype(np.uint8)
    assert not shows_teeth(seen(), tinted)
