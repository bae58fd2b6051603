"""Gaze and blinks on a real photo."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.plugins.mesh.eyes import EyesPainter
from styletalker.plugins.mesh.fitted import pose
from styletalker.plugins.mesh.lids_edge import edge_offsets
from styletalker.plugins.mesh.paint_look import LUMA
from styletalker.plugins.puppet.parameters import parameters_from
from support.painted_face import Painted, eye_openness, subject


def _paint(size: float = 384, **values: float) -> Painted:
    face = subject(int(size))
    return face.paint(face.eyes, 1.0, **values)


def _ring(painted: Painted, eye: int, ring: int = 0) -> NDArray[np.float32]:
    head = painted.posed.head
    return painted.posed.screen[head.topology.eyes[eye, ring], :2]


def _dark_centre(painted: Painted, eye: int) -> NDArray[np.float64]:
    """Column and row of the middle of the darkest quarter of the photo's opening."""
    ring = painted.posed.head.on_screen(painted.posed.head.own)[
        painted.posed.head.topology.eyes[eye, 0], :2
    ]
    low, high = ring.min(0).astype(int), ring.max(0).astype(int) + 1
    light = painted.after[low[1] : high[1], low[0] : high[0]] @ LUMA
    weight = np.clip(np.percentile(light, 25) - light, 0, None)
    rows, columns = np.mgrid[0 : light.shape[0], 0 : light.shape[1]]
    middle = np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()
    return np.asarray(middle, np.float64)


def test_eyes_at_rest_are_left_alone() -> None:
    for values in ({}, {"yaw": 10.0, "pitch": -6.0}, {"jaw": 0.6, "smile": 1.0}):
        painted = _paint(**values)
        np.testing.assert_array_equal(painted.after, painted.before)


def test_each_eye_closes_alone() -> None:
    for eye, name in enumerate(("blink_l", "blink_r")):
        painted = _paint(**{name: 1.0})
        columns = np.nonzero(painted.changed)[1]
        middle = np.mean([_ring(painted, 0)[:, 0].mean(), _ring(painted, 1)[:, 0].mean()])
        assert len(columns) > 100
        assert (columns < middle).all() if eye == 0 else (columns > middle).all()


def test_dlib_sees_the_lids_close() -> None:
    seen = [eye_openness(_paint(512, blink_l=b, blink_r=b).image) for b in (0.0, 0.35, 0.7, 1.0)]
    for left_or_right in zip(*seen, strict=True):
        assert left_or_right[0] > 0.25
        assert left_or_right[0] > left_or_right[1] + 0.02 > left_or_right[2] + 0.04
        assert left_or_right[3] < 0.12, seen


def test_a_closed_lid_is_skin() -> None:
    painted = _paint(blink_l=1.0, blink_r=1.0)
    for eye in range(2):
        fold, edge = _ring(painted, eye, 3)[1:15], _ring(painted, eye)[1:15]
        lid = 0.45 * fold[4:10] + 0.55 * edge[4:10]
        cheek = _ring(painted, eye, 5)[18:27]
        on_lid, on_cheek = (
            painted.after[p[:, 1].astype(int), p[:, 0].astype(int)] @ LUMA for p in (lid, cheek)
        )
        assert 0.72 < np.median(on_lid) / np.median(on_cheek) < 1.15
        lashes = painted.after[edge[4:10, 1].astype(int), edge[4:10, 0].astype(int)] @ LUMA
        assert lashes.mean() < 0.85 * on_lid.mean()


@pytest.mark.parametrize(
    ("values", "axis", "sign"),
    [({"gaze_x": 12.0}, 0, 1), ({"gaze_x": -12.0}, 0, -1), ({"gaze_y": 9.0}, 1, -1)],
)
def test_gaze_moves_the_iris(values: dict[str, float], axis: int, sign: int) -> None:
    rest, moved = _paint(), _paint(**values)
    for eye in range(2):
        shift = _dark_centre(moved, eye) - _dark_centre(rest, eye)
        assert sign * shift[axis] > (0.02, 0.012)[axis] * rest.posed.head.eye_distance_px, shift


@pytest.mark.parametrize("name", ["blink_l", "gaze_x", "gaze_y", "squint"])
def test_a_small_step_is_a_small_change(name: str) -> None:
    step = 0.2 if name.startswith("gaze") else 0.01
    for start in np.array([0.0, 1.0, 5.0, 30.0, 60.0]) * step:
        one, two = _paint(**{name: start}), _paint(**{name: start + step})
        seen = one.changed | two.changed
        if seen.any():
            change = np.abs(two.after - one.after)[seen]
            assert change.mean() < 2.0, (start, change.mean())
            assert np.percentile(change, 99) < 30, (start, np.percentile(change, 99))


def test_nothing_is_painted_outside_the_eyes() -> None:
    for values in (
        {"blink_l": 1.0, "blink_r": 1.0},
        {"gaze_x": 20.0},
        {"blink_l": 1.0, "yaw": 18.0},
    ):
        painted = _paint(**values)
        near = np.zeros(painted.changed.shape, np.uint8)
        for eye in range(2):
            cv2.fillPoly(near, [np.round(_ring(painted, eye, 5)).astype(np.int32)], 1)
        wide = cv2.dilate(near, np.ones((9, 9), np.uint8))
        assert painted.changed.any()
        assert not (painted.changed & (wide == 0)).any()


@pytest.mark.parametrize("size", [64, 128, 512])
def test_sizes(size: int) -> None:
    painted = _paint(size=size, blink_l=1.0, gaze_x=8.0)
    assert np.isfinite(painted.after).all()
    assert painted.changed.sum() > 0.0005 * size * size


def test_rims_of_glasses_survive_a_blink() -> None:
    face = subject()
    head = face.animated.head
    photo = face.photo.copy()
    screen = head.on_screen(head.own)
    rims = np.zeros(photo.shape[:2], np.uint8)
    for eye in range(2):
        centre = screen[head.topology.eyes[eye, 0], :2].mean(0)
        radius = int(2.0 * head.camera.scale)
        cv2.circle(rims, tuple(np.round(centre).astype(int).tolist()), radius, 1, 3)
    photo[rims > 0] = (30, 40, 110)
    parameters = parameters_from(blink_l=1.0, blink_r=1.0)
    canvas = photo.astype(np.float32)
    EyesPainter(head, photo).paint(canvas, pose(head, parameters, 1.0), parameters, 1.0)
    change = np.abs(canvas - photo).max(-1)
    assert (change > 1e-3).any()
    assert change[rims > 0].max() < 8  # the rims touch the eyes' corners
    lids = canvas[(change > 40) & (rims == 0)]
    assert np.median(lids[:, 0] - lids[:, 2]) > 15  # and don't colour the lids blue


def test_edges_move_to_where_skin_begins() -> None:
    skin, white = np.array([200.0, 150.0, 120.0]), np.array([210.0, 205.0, 200.0])
    angle = np.arange(30) * 2 * np.pi / 30
    direction = np.stack([-np.cos(angle), -np.sin(angle)], -1)
    centre, px_per_cm = np.array([60.0, 50.0]), 20.0
    rings = np.stack([
        centre + direction * np.array([26.0, 11.0]) + direction * offset * px_per_cm
        for offset in (0.0, 0.14, 0.3, 0.5, 0.75, 1.05)
    ])  # fmt: skip
    photo = np.broadcast_to(skin, (100, 120, 3)).copy()
    rows, columns = np.mgrid[0:100, 0:120]
    below = np.where(rows > 50, 11.0 + 0.14 * px_per_cm, 11.0)
    photo[((columns - 60) / 26) ** 2 + ((rows - 50) / below) ** 2 < 1] = white
    offsets = edge_offsets(photo, rings, px_per_cm)
    assert offsets[22] == pytest.approx(0.14, abs=0.05)
    np.testing.assert_allclose(offsets[5:10], 0.0, atol=0.02)
    exact = np.broadcast_to(skin, (100, 120, 3)).copy()
    exact[((columns - 60) / 26) ** 2 + ((rows - 50) / 11.0) ** 2 < 1] = white
    assert np.abs(edge_offsets(exact, rings, px_per_cm)).max() < 0.05
