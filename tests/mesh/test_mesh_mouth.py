"""The inside of the mouth on a real photo."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.plugins.mesh.animate import AnimatedPhoto
from styletalker.plugins.mesh.fit import fit_head
from styletalker.plugins.mesh.mouth_edges import lip_surplus
from styletalker.plugins.mesh.mouth_opening import opening_of, tapered
from styletalker.plugins.mesh.paint import Box, coverage
from styletalker.plugins.mesh.paint_look import LUMA
from styletalker.plugins.mesh.teeth_photo import photo_teeth
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import parameters_from
from support.painted_face import Painted, analyser, aperture, subject


def _paint(own_mouth: float = 0.0, size: float = 384, **values: float) -> Painted:
    face = subject(int(size))
    return face.paint(face.mouth, own_mouth, **values)


def _lips(painted: Painted) -> NDArray[np.float32]:
    """[N, 2] the inner edge of the lips on the screen."""
    head = painted.posed.head
    return painted.posed.screen[head.topology.lips[0], :2]


def _tooth_pixels(painted: Painted) -> int:
    """Pixels between the lips, with their inner edges, as light and as little red as teeth."""
    head = painted.posed.head
    border = painted.posed.screen[head.topology.lips[1], :2]
    between = np.zeros(painted.changed.shape, np.uint8)
    cv2.fillPoly(between, [np.round(border).astype(np.int32)], 1)
    area = painted.after[between > 0]
    red = area[:, 0] - area[:, 1:].mean(-1)
    return int(((red < 34.0) & (area @ LUMA > 150)).sum())  # lips: over 40, teeth: under 26


def test_the_photos_own_mouth_is_left_alone() -> None:
    still = _paint(own_mouth=1.0)
    np.testing.assert_array_equal(still.after, still.before)
    turned = _paint(own_mouth=1.0, yaw=12.0, pitch=5.0, blink_l=1.0)
    np.testing.assert_array_equal(turned.after, turned.before)


def test_closed_lips_show_no_teeth() -> None:
    assert subject().animated.head.teeth_visible
    open_ = _tooth_pixels(_paint(jaw=0.5, part=0.6))
    assert open_ > 60
    assert _tooth_pixels(_paint()) < 0.07 * open_
    assert _tooth_pixels(_paint(press=1.0, jaw=0.2)) < 0.07 * open_


def test_lips_open_with_the_jaw_and_close_for_bilabials() -> None:
    by_jaw = [aperture(_paint(jaw=jaw, part=0.4 * jaw).image) for jaw in (0.0, 0.3, 0.6, 0.9)]
    assert all(b > a + 0.01 for a, b in itertools.pairwise(by_jaw)), by_jaw
    by_part = [aperture(_paint(jaw=0.15, part=part).image) for part in (0.0, 0.5, 1.0)]
    assert by_part[0] < by_part[1] < by_part[2]
    shut = aperture(_paint(press=1.0, jaw=0.2, part=0.1).image)
    assert shut < 0.25 * by_jaw[-1], (shut, by_jaw)


def test_thin_lips_look_as_closed_pressed_as_at_rest() -> None:
    puppet = Head(Identity.sample(np.random.default_rng(202)))
    photo = puppet.render(parameters_from(yaw=-15.0), 384).image
    head = fit_head(analyser().analyse(photo)[0].landmarks.astype(float) - 0.5, photo)
    animated = AnimatedPhoto(head, photo)

    def seen(**values: float) -> float:
        frame = animated.frame(parameters_from(**values), 0.0)
        return aperture(np.clip(frame + 0.5, 0, 255).astype(np.uint8))

    rest, pressed = seen(), seen(press=1.0)
    assert pressed < rest + 0.03, (rest, pressed)


@pytest.mark.parametrize(
    ("name", "base"),
    [("jaw", {"part": 0.3}), ("part", {"jaw": 0.2}), ("round", {"jaw": 0.3}),
     ("tongue", {"jaw": 0.4, "part": 0.4}), ("smile", {"part": 0.3}), ("yaw", {"jaw": 0.5})],
)  # fmt: skip
def test_a_small_step_is_a_small_change(name: str, base: dict[str, float]) -> None:
    for start in (0.0, 0.24, 0.5):
        step = 0.01 if name != "yaw" else 0.05
        one = _paint(**base, **{name: start})
        two = _paint(**base, **{name: start + step})
        seen = one.changed | two.changed
        change = np.abs(two.after - one.after)[seen]
        assert change.mean() < 2.2, (start, change.mean())
        assert np.percentile(change, 99.5) < 36, start


def test_leaving_the_own_mouth_is_continuous() -> None:
    values = [_paint(own_mouth=own).after for own in (1.0, 0.99, 0.98)]
    before = _paint(own_mouth=0.99).before
    assert np.abs(values[1] - before).max() < 6
    assert np.abs(values[2] - values[1]).max() < 25


def test_nothing_is_painted_outside_the_mouth() -> None:
    for values in ({"jaw": 1.0, "part": 1.0}, {"yaw": 20.0, "jaw": 0.6}, {"smile": 1.0}):
        painted = _paint(**values)
        lips = _lips(painted)
        margin = 0.12 * painted.posed.head.eye_distance_px
        rows, columns = np.nonzero(painted.changed)
        assert len(rows) > 50
        assert columns.min() >= lips[:, 0].min() - margin
        assert columns.max() <= lips[:, 0].max() + margin
        assert rows.min() >= lips[:, 1].min() - margin
        assert rows.max() <= lips[:, 1].max() + margin


@pytest.mark.parametrize("size", [64, 128, 512])
def test_sizes(size: int) -> None:
    painted = _paint(size=size, jaw=0.7, part=0.5)
    assert np.isfinite(painted.after).all()
    assert painted.after.min() >= -1
    assert painted.after.max() <= 256
    assert painted.changed.sum() > 0.001 * size * size
    lips = _lips(painted)
    middle = lips[[11, 33]].mean(0)
    chin = middle + np.array([0.0, 0.9 * np.ptp(lips[:, 1]) + 1])
    inside, skin = (painted.after[int(y), int(x)] @ LUMA for x, y in (middle, chin))
    assert inside < 0.75 * skin


def test_the_tongue_rises_into_the_opening() -> None:
    low = _paint(jaw=0.5, part=0.5).after
    high = _paint(jaw=0.5, part=0.5, tongue=1.0).after
    moved = np.abs(high - low).max(-1) > 12
    assert moved.sum() > 40
    assert (high[moved] @ LUMA).mean() > (low[moved] @ LUMA).mean() + 4
    pinker = high[moved, 0] - high[moved, 2]
    assert pinker.mean() > 8


def test_the_photos_teeth_keep_their_colour() -> None:
    face = subject()
    head = face.animated.head
    rest = face.paint(face.mouth, 1.0)
    teeth = photo_teeth(face.photo, head, rest.posed, face.mouth.look)
    assert teeth is not None
    opened = _paint(jaw=0.35, part=0.6, lip_up=0.5)
    lips = _lips(opened)
    inside = coverage(
        np.concatenate([lips[22::-1], lips[:22:-1]]),
        Box(left=0, top=0, width=head.width, height=head.height),
    )
    pixels = opened.after[inside > 0.99]
    light = pixels @ LUMA
    brightest = pixels[light > np.percentile(light, 85)].mean(0)
    np.testing.assert_allclose(brightest, teeth.colour, atol=32)


def test_coverage_is_the_area() -> None:
    polygon = np.array([[2.3, 1.2], [9.1, 3.7], [6.7, 7.2], [1.3, 6.6]])
    box = Box(left=0, top=0, width=12, height=9)
    x, y = polygon.T
    area = 0.5 * (x @ np.roll(y, -1) - y @ np.roll(x, -1))
    covered = coverage(polygon, box)
    assert covered.sum() == pytest.approx(area, rel=1e-5)
    assert covered[4, 5] == pytest.approx(1.0)
    assert coverage(polygon[::-1], box).max() == pytest.approx(0.0, abs=1e-6)


def test_corners_of_an_opening_narrow_to_a_point() -> None:
    x = np.linspace(0, 40, 21)
    blunt = np.full(21, 6.0)
    blunt[[0, -1]] = 0.0
    upper, lower = np.stack([x, 20 - blunt], -1), np.stack([x, 20 + blunt], -1)
    opening = opening_of(upper, lower, 10.0)
    free_upper, free_lower = tapered(opening)
    free = free_lower - free_upper
    assert free[32] == pytest.approx(1.2, abs=0.15)  # the middle keeps its height
    assert free[3] < 0.5 * opening.gap[3]
    assert (np.diff(free[:32]) > -1e-6).all()


def test_teeth_outside_the_landmarks_are_not_lip() -> None:
    lip, tooth, skin = (
        np.array(c, float) for c in ([190, 90, 95], [225, 215, 200], [220, 180, 150])
    )
    photo = np.broadcast_to(skin, (100, 160, 3)).copy()
    photo[20:80, 20:140] = lip
    photo[40:56, 30:130] = tooth  # the landmarks below say: from row 40 to row 50
    x = np.linspace(30, 130, 23)
    bow = 5 * (1 - ((x - 80) / 50) ** 8)
    opening = opening_of(np.stack([x, 45 - bow], -1), np.stack([x, 45 + bow], -1), 20.0)
    upper, lower = lip_surplus(photo, opening, (lip, lip))
    assert upper[20:45].max() < 0.12  # edges are soft
    np.testing.assert_allclose(lower[20:45], 0.3 + 0.05, atol=0.08)
    closed = opening_of(np.stack([x, 45 + 0 * x], -1), np.stack([x, 45 + 0 * x], -1), 20.0)
    assert lip_surplus(photo, closed, (lip, lip)).max() == 0.0
