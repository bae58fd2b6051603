"""Windows: what they show, where they are, and that nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.media.crop import Square, crop_square
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.holding import Holder
from styletalker.plugins.preparation.analysis.patch import patch_of
from styletalker.plugins.preparation.analysis.quality import sharpness
from styletalker.plugins.preparation.analysis.results import Window
from styletalker.plugins.preparation.analysis.speakers import Lips, lip_activity
from styletalker.plugins.preparation.analysis.window import outside, placings, window_of
from support.landmarks import face_landmarks
from support.scenes import puppet_clip

CONFIG = AnalysisConfig(size=64)


def scenery(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(rows / (7 + k) + columns / (11 - k) + seed) for k in range(3)]
    return (127 + 100 * np.stack(waves, -1)).astype(np.uint8)


def face_at(x: float, y: float, scale: float, degrees: float = 0.0) -> NDArray[np.float64]:
    """Landmarks [1, 68, 2] of a frontal face whose eyes' middle is there."""
    points = face_landmarks([0.05])
    eyes = (points[:, 36:42].mean(1) + points[:, 42:48].mean(1)) / 2
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray((points - eyes[:, None]) @ turn.T * scale + (x, y))


def eye_distance(points: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(points[0, 42:48].mean(0) - points[0, 36:42].mean(0)))


def test_the_eyes_stand_where_the_corpus_has_them() -> None:
    points = face_at(300, 250, 2.0)
    window = window_of(placings(points, CONFIG), 1, (600, 800))
    assert window.side == pytest.approx(eye_distance(points) / 0.22, abs=1)
    eyes = window.to_crop(np.array([300.0, 250.0]), 100)
    assert eyes == pytest.approx((50, 40), abs=0.6)


def test_one_window_for_all_frames_is_the_median() -> None:
    points = np.concatenate([face_at(300, 250, 2.0)] * 5 + [face_at(390, 250, 3.0)] * 2)
    alone = window_of(placings(points[:1], CONFIG), 1, (600, 800))
    assert window_of(placings(points, CONFIG), 1, (600, 800)) == alone


def test_ffhq_alignment() -> None:
    points = face_at(300, 250, 2.0, degrees=20)
    config = AnalysisConfig(framing="ffhq")
    window = window_of(placings(points, config), 1, (600, 800))
    assert window.tilt_deg == pytest.approx(20, abs=1)
    # The published procedure: a square around a point between eyes and mouth.
    eyes = np.array([300.0, 250.0])
    mouth = points[0, [48, 54]].mean(0)
    reach = max(2.0 * eye_distance(points), 1.8 * float(np.linalg.norm(mouth - eyes)))
    assert window.side == pytest.approx(2 * reach)
    centre = window.to_input(np.array([32.0, 32.0]), 64)
    assert centre == pytest.approx(eyes + 0.1 * (mouth - eyes))


def test_a_window_avoids_what_is_beyond_the_picture() -> None:
    points = face_at(300, 250, 2.0)
    free = window_of(placings(points, CONFIG), 1, (2000, 2000))
    right = free.left + free.side
    width = round(right - 0.05 * free.side)
    moved = window_of(placings(points, CONFIG), 1, (2000, width))
    assert outside(moved, (2000, width)) < 0.01
    assert moved.side == pytest.approx(free.side, rel=0.01)
    narrow = round(right - 0.4 * free.side)
    cut = window_of(placings(points, CONFIG), 1, (2000, narrow))
    assert cut.side == pytest.approx(0.85 * free.side, abs=1.5)
    assert 0.2 < outside(cut, (2000, narrow)) < 0.4


def test_a_picture_that_was_cropped_before_is_taken_whole() -> None:
    points = face_at(130, 104, 1.6)
    window = window_of(placings(points, CONFIG), 1, (256, 256))
    assert window == Window(left=0, top=0, side=256)


def test_windows_go_there_and_back() -> None:
    window = Window(left=-12.5, top=40, side=333, tilt_deg=13)
    points = np.random.default_rng(0).uniform(0, 64, (5, 68, 2))
    assert np.allclose(window.to_crop(window.to_input(points, 64), 64), points)
    assert window.to_input(np.zeros(2), 64) == pytest.approx((-12.5, 40))


@pytest.mark.parametrize(("left", "top", "side"), [(20, 10, 64), (-9, 5, 64), (100, 90, 64)])
def test_a_crop_holds_the_very_pixels(left: int, top: int, side: int) -> None:
    picture = scenery(150, 160)
    centre = np.array([left + side / 2, top + side / 2])
    held = Holder(64, side, 150).hold(picture, centre)
    crop = held.crop(Window(left=left, top=top, side=side), 64)
    assert np.array_equal(crop, crop_square(picture, Square(left=left, top=top, side=side)))


def test_what_is_held_of_a_large_picture_is_small() -> None:
    picture = scenery(1000, 1600)
    holder = Holder(64, 700.0, 1000)
    held = holder.hold(picture, np.array([800.0, 500.0]))
    assert held.image.nbytes < 3 * (64 * 1.5 * 2 * 1.8) ** 2
    assert held.image.base is None or held.image.base.nbytes < picture.nbytes / 4
    n = held.shrink
    crop = held.crop(Window(left=448.0 // n * n, top=147.0 // n * n, side=700.0 // n * n), 64)
    wanted = picture[147:847, 448:1148].astype(np.float64).mean((0, 1))
    assert crop.astype(np.float64).mean((0, 1)) == pytest.approx(wanted, abs=2)


def test_a_held_region_that_moves_along_changes_no_pixel() -> None:
    picture = scenery(300, 900)
    window = Window(left=300, top=100, side=128)
    holder = Holder(128, 128.0, 300)
    crops = [
        holder.hold(picture, np.array([364.0 + 4 * t, 164.0])).crop(window, 128) for t in range(8)
    ]
    assert all(np.array_equal(crop, crops[0]) for crop in crops)


def test_a_turned_crop_is_turned() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[:, 100:] = 200
    held = Holder(64, 80.0, 200).hold(picture, np.array([100.0, 100.0]))
    turned = held.crop(Window(left=140.0, top=60.0, side=80.0, tilt_deg=90.0), 64)
    assert turned[:28].min() > 190
    assert turned[36:].max() < 10


def test_a_patch_maps_points_as_it_shows_pixels() -> None:
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[150:153, 220:223] = 255
    for width in (60.0, 150.0, 280.0):
        patch = patch_of(picture, np.array([200.0, 140.0]), width, 0.3, 64)
        weights = patch.image[..., 0].astype(np.float64)
        rows, columns = np.mgrid[:64, :64] + 0.5
        seen = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()
        assert seen == pytest.approx(patch.to_patch(np.array([[221.5, 151.5]]))[0], abs=0.35)
        back = patch.to_picture(patch.to_patch(np.array([[221.5, 151.5]])))
        assert np.allclose(back, (221.5, 151.5))


def test_sharpness_falls_with_blur_and_not_with_contrast() -> None:
    sharp = cv2.cvtColor(puppet_clip(3, 1, 192).frames[0][30:142, 40:152], cv2.COLOR_RGB2GRAY)

    def of(picture: Any) -> float:
        return sharpness(np.asarray(picture, np.uint8))

    values = [of(cv2.GaussianBlur(sharp, (0, 0), spread)) for spread in (0.5, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert of(sharp) > 0.5
    assert values[2] < 0.35
    assert values[3] < 0.2
    assert of(cv2.blur(sharp, (9, 1))) < 0.35  # motion to the side alone
    assert of(sharp * 0.5) == pytest.approx(of(sharp), abs=0.02)
    assert of(np.full((112, 112), 80)) == 0.0


def test_who_speaks() -> None:
    lips = Lips(200)
    for t in range(100):
        lips.note(t, 0, 0.1 + 0.05 * np.sin(t))
        lips.note(t, 1, 0.02)
        lips.note(t, 2, 0.1 + 0.05 * np.cos(0.9 * t))
    assert lips.verdict(0, [], 0, 100) == ("", "")
    assert lips.verdict(0, [1] * 100, 0, 100)[0] == ""
    assert lips.verdict(1, [0] * 100, 0, 100)[0] == "listener"
    assert lips.verdict(0, [2] * 100, 0, 100)[0] == "several-speakers"
    assert lips.verdict(0, [2] * 5, 0, 100)[0] == ""
    lips.forget(1000)
    assert lips.activity(0, 0, 100) == 0.0
    assert lip_activity(np.full(50, 0.3)) == pytest.approx(0)
