"""Landmarks: order, the jaw line as a contour, visibility, lips that really close."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.plugins.puppet.head import Frame, Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.landmarks import lip_aperture
from styletalker.plugins.puppet.parameters import parameters_from
from support import render_measures as measures


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    return [Head(Identity.sample(np.random.default_rng(k), headwear="none")) for k in range(4)]


@pytest.fixture(scope="module")
def bald() -> Head:
    return Head(Identity(hair="bald", melanin=0.2, backdrop_rgb=(0.0, 0.0, 0.6)))


def at(head: Head, size: int = 256, **values: float) -> Frame:
    return head.render(parameters_from(**values), size)


def test_order_is_ibug(heads: list[Head]) -> None:
    for head in heads:
        x, y = at(head).landmarks.T
        assert np.all(np.diff(x[:17]) > 0)
        assert y[:17].argmax() in (7, 8, 9)
        assert np.all(np.diff(x[17:27]) > 0)
        assert np.all(np.diff(y[27:31]) > 0)
        assert np.all(np.diff(x[31:36]) > 0)
        assert x[36] < x[37] < x[38] < x[39] < x[42] < x[43] < x[44] < x[45]
        assert max(y[37], y[38]) < min(y[40], y[41])
        assert x[48] < x[51] < x[54]
        assert y[51] < y[62] < y[57]
        assert y[66] - y[62] > -0.1  # shut lips: the same height but for rounding
        assert x[48] < x[60] < x[62] < x[64] < x[54]
        assert y[17:27].max() < y[36:48].min()


@pytest.mark.parametrize("yaw", [-25.0, 0.0, 25.0])
def test_the_far_jaw_line_lies_on_the_silhouette(bald: Head, yaw: float) -> None:
    frame = at(bald, yaw=yaw)
    background = frame.image[..., 2].astype(int) > frame.image[..., 0].astype(int) + 40
    side = {-25.0: range(3, 6), 0.0: range(3, 5), 25.0: range(11, 14)}[yaw]
    outwards = 1 if yaw > 0 else -1
    for k in side:
        column, row = np.round(frame.landmarks[k] - 0.5).astype(int)
        assert not background[row, column - 5 * outwards], k
        assert background[row, column + 5 * outwards], k


def test_jaw_points_slide_over_the_surface_when_the_head_turns(bald: Head) -> None:
    left, right = at(bald, yaw=-25.0).landmarks, at(bald, yaw=25.0).landmarks
    mirrored = np.stack([256 - right[16::-1, 0], right[16::-1, 1]], -1)
    assert np.abs(left[:17] - mirrored).max() < 4.0  # px; the face is symmetric
    nose = left[30, 0] - left[2, 0]
    assert nose < 0.5 * (left[14, 0] - left[30, 0])


def test_jaw_points_are_evenly_spaced(bald: Head) -> None:
    poses: list[dict[str, float]] = [{}, {"yaw": 20.0}, {"pitch": -12.0, "roll": 10.0}]
    for values in poses:
        steps = np.linalg.norm(np.diff(at(bald, 256, **values).landmarks[:17], axis=0), axis=1)
        for half in (steps[:8], steps[8:]):
            assert half.max() < 1.25 * half.min()


def test_visibility(bald: Head) -> None:
    assert at(bald).visible.mean() > 0.95
    outside = at(bald, ty=5.0, tx=5.0, roll=30.0)
    inside = ((outside.landmarks >= 0) & (outside.landmarks < 256)).all(1)
    assert not inside.all()
    assert not outside.visible[~inside].any()
    scarf = at(Head(Identity(headwear="scarf"))).visible
    assert not scarf[[0, 1, 15, 16]].any()
    assert scarf[17:].all()


def test_lips_close_at_rest_and_when_pressed(heads: list[Head]) -> None:
    for head in heads:
        for values in measures.CLOSED.values():
            for yaw in (-20.0, 0.0):
                assert at(head, 256, yaw=yaw, **values).aperture < 0.03, values


def test_closed_lips_show_no_teeth_or_gap() -> None:
    """Between the lips of a pressed mouth nothing is brighter or much darker than the lips."""
    head = Head(Identity(melanin=0.1, makeup=0.0))
    open_frame, shut = at(head, jaw=0.5, part=0.6), at(head, jaw=0.2, press=1.0)
    dark = []
    for frame in (open_frame, shut):
        x, y = np.round(frame.landmarks[[62, 66]].mean(0) - 0.5).astype(int)
        dark.append(frame.image[y - 2 : y + 3, x - 6 : x + 7, 0].min())
    assert dark[0] < 60
    assert dark[1] > 75


def test_jaw_and_part_open_the_mouth_steadily(heads: list[Head]) -> None:
    for head in heads[:2]:
        by_jaw = [at(head, 128, jaw=value).aperture for value in np.linspace(0, 1, 6)]
        assert np.all(np.diff(by_jaw) > 0.01)
        by_part = [at(head, 128, part=value, jaw=0.1).aperture for value in np.linspace(0, 1, 4)]
        assert np.all(np.diff(by_part) > 0.005)
        by_press = [at(head, 128, jaw=0.4, press=value).aperture for value in np.linspace(0, 1, 4)]
        assert np.all(np.diff(by_press) < 0)


def test_rounding_narrows_and_spreading_widens(heads: list[Head]) -> None:
    def width(marks: NDArray[np.float32]) -> float:
        return float(np.linalg.norm(marks[54] - marks[48]))

    for head in heads[:2]:
        rest = width(at(head).landmarks)
        assert width(at(head, round=1.0).landmarks) < 0.8 * rest
        assert width(at(head, spread=1.0).landmarks) > 1.1 * rest


def test_fv_brings_the_lower_lip_to_the_upper_teeth(heads: list[Head]) -> None:
    for head in heads[:2]:
        for jaw in (0.0, 0.15, 0.3):
            frame = at(head, fv=1.0, jaw=jaw)
            marks = frame.landmarks
            rest = at(head).landmarks
            centimetre = measures.eye_distance(rest) / 6.12
            edge = rest[[62, 66], 1].mean() + 0.20 * centimetre  # the teeth's edge
            assert abs(marks[66, 1] - edge) < 0.25 * centimetre, jaw
            upper = marks[62].astype(int)
            gap = frame.image[upper[1] + 1 : int(marks[66, 1]), upper[0]]
            assert len(gap) >= 1
            assert gap.max() > 120  # teeth are seen between the lips


def test_aperture_of_known_landmarks() -> None:
    marks = np.zeros((3, 68, 2))
    marks[:, 54, 0] = 10.0
    for upper, lower in ((61, 67), (62, 66), (63, 65)):
        marks[:, lower, 1] = marks[:, upper, 1] + np.array([0.0, 1.0, 5.0])
    assert lip_aperture(marks).tolist() == pytest.approx([0.0, 0.1, 0.5])
