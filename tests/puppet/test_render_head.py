"""Heads: frames, determinism, sign conventions, errors, speed."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.plugins.puppet.camera import Framing
from styletalker.plugins.puppet.head import Frame, Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import INDEX, neutral, parameters_from
from support import render_measures as measures

EYES = slice(36, 48)
NOSE_TIP = 30
_PRINT_HASH = """
import hashlib, numpy as np
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import parameters_from
frame = Head(Identity.sample(np.random.default_rng(5))).render(
    parameters_from(yaw=12.0, jaw=0.4, smile=0.3), 96)
print(hashlib.sha256(frame.image.tobytes() + frame.landmarks.tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def head() -> Head:
    return Head(Identity(hair="short", seed=4))


def at(head: Head, size: int = 128, **values: float) -> Frame:
    return head.render(parameters_from(**values), size)


def test_a_frame_has_the_promised_shapes(head: Head) -> None:
    frame = head.render(neutral(1)[0], 96)
    assert frame.image.shape == (96, 96, 3)
    assert frame.image.dtype == np.dtype(np.uint8)
    assert frame.landmarks.shape == (68, 2)
    assert frame.landmarks.dtype == np.dtype(np.float32)
    assert frame.visible.shape == (68,)
    assert frame.visible.dtype == np.dtype(np.bool_)
    assert 40 < frame.image.mean() < 220
    assert frame.image.std() > 20


def test_frames_are_the_same_bytes_in_any_process_and_order() -> None:
    made = Head(Identity.sample(np.random.default_rng(5)))
    made.render(parameters_from(yaw=-20.0, blink_l=1.0), 96)
    frame = at(made, 96, yaw=12.0, jaw=0.4, smile=0.3)
    here = hashlib.sha256(frame.image.tobytes() + frame.landmarks.tobytes()).hexdigest()
    command = [sys.executable, "-c", _PRINT_HASH]
    there = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert here == there


def test_default_framing_is_like_ffhq() -> None:
    for seed in range(4):
        made = Head(Identity.sample(np.random.default_rng(seed)))
        marks = made.render(neutral(1)[0], 256).landmarks
        left, right = marks[36:42].mean(0), marks[42:48].mean(0)
        assert 0.20 * 256 < right[0] - left[0] < 0.24 * 256
        assert 0.38 * 256 < marks[EYES, 1].mean() < 0.42 * 256
        assert abs(marks[EYES, 0].mean() - 128) < 3


def test_framing_moves_and_scales_the_head(head: Head) -> None:
    small = head.render(neutral(1)[0], 128, Framing(eye_distance=0.11, eye_row=0.6))
    usual = head.render(neutral(1)[0], 128)
    ratio = measures.eye_distance(small.landmarks) / measures.eye_distance(usual.landmarks)
    assert ratio == pytest.approx(0.5, abs=0.01)
    assert small.landmarks[EYES, 1].mean() == pytest.approx(0.6 * 128, abs=2)
    with pytest.raises(InputError, match="framing eye_row is out of range"):
        Framing(eye_row=1.5)


def test_supersampling_smooths_and_does_not_move(head: Head) -> None:
    smooth = head.render(neutral(1)[0], 128)
    jagged = head.render(neutral(1)[0], 128, supersample=False)
    assert np.abs(smooth.landmarks - jagged.landmarks).max() < 1e-2
    difference = np.abs(smooth.image.astype(int) - jagged.image.astype(int))
    assert 0.5 < difference.mean() < 8


def test_turning_and_nodding_follow_their_documented_signs(head: Head) -> None:
    rest = at(head).landmarks
    right, up = at(head, yaw=20.0).landmarks, at(head, pitch=15.0).landmarks

    # Nose against eyes: a shift of the whole head would not count as a turn.
    def nose(marks: NDArray[np.float32]) -> NDArray[np.float32]:
        offset: NDArray[np.float32] = marks[NOSE_TIP] - marks[EYES].mean(0)
        return offset

    assert nose(right)[0] - nose(rest)[0] > 3
    assert nose(at(head, yaw=-20.0).landmarks)[0] - nose(rest)[0] < -3
    assert nose(up)[1] - nose(rest)[1] < -3
    assert nose(at(head, pitch=-15.0).landmarks)[1] - nose(rest)[1] > 2


def test_rolling_is_clockwise_in_the_image(head: Head) -> None:
    for roll in (20.0, -12.0):
        marks = at(head, roll=roll).landmarks
        line = marks[42:48].mean(0) - marks[36:42].mean(0)
        assert np.degrees(np.arctan2(line[1], line[0])) == pytest.approx(roll, abs=2.0)


def test_shifts_follow_their_documented_signs(head: Head) -> None:
    rest = at(head).landmarks
    assert (at(head, tx=2.0).landmarks - rest)[:, 0].min() > 5
    assert (at(head, ty=2.0).landmarks - rest)[:, 1].max() < -5
    nearer = at(head, tz=6.0).landmarks
    assert measures.eye_distance(nearer) > 1.04 * measures.eye_distance(rest)


def _darkest_column(frame: Frame, points: slice) -> float:
    """Mean column of the darkest pixels inside an eye: the iris."""
    box = frame.landmarks[points]
    left, right = int(box[:, 0].min()) + 1, int(box[:, 0].max())
    top, bottom = int(box[:, 1].min()), int(box[:, 1].max()) + 1
    dark = frame.image[top:bottom, left:right].sum(2).astype(float)
    columns = np.arange(left, right)[None] + 0 * dark
    weight = np.exp(-dark / 60)
    return float((columns * weight).sum() / weight.sum())


def test_gaze_follows_its_documented_sign(head: Head) -> None:
    for points in (slice(36, 42), slice(42, 48)):
        left = _darkest_column(at(head, 256, gaze_x=-20.0), points)
        right = _darkest_column(at(head, 256, gaze_x=20.0), points)
        assert right - left > 3


def _opening(marks: NDArray[np.float32], first: int) -> float:
    upper, lower = marks[[first + 1, first + 2], 1].mean(), marks[[first + 4, first + 5], 1].mean()
    return float(lower - upper)


def test_blink_l_closes_the_eye_at_the_left_of_the_image(head: Head) -> None:
    rest, left, right = at(head), at(head, blink_l=1.0), at(head, blink_r=1.0)
    assert _opening(rest.landmarks, 36) > 4
    assert _opening(left.landmarks, 36) < 0.8
    assert _opening(left.landmarks, 42) == pytest.approx(_opening(rest.landmarks, 42))
    assert _opening(right.landmarks, 42) < 0.8
    assert _opening(right.landmarks, 36) == pytest.approx(_opening(rest.landmarks, 36))


def test_impossible_parameters_and_sizes_are_named(head: Head) -> None:
    broken = neutral(1)[0]
    broken[INDEX["yaw"]] = 90.0
    with pytest.raises(InputError, match="puppet parameter yaw is out of range"):
        head.render(broken)
    broken[INDEX["yaw"]] = np.nan
    with pytest.raises(InputError, match="puppet parameter yaw is out of range"):
        head.render(broken)
    with pytest.raises(InputError, match="puppet parameters have the wrong size"):
        head.render(broken[:5])
    with pytest.raises(InputError, match="render takes the parameters of one frame"):
        head.render(neutral(2))
    for size in (0, 16, 4096, 128.0):
        with pytest.raises(InputError, match="picture size is not usable"):
            head.render(neutral(1)[0], size)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["hair", "clothes", "headwear", "glasses", "beard", "backdrop"])
def test_every_choice_renders_and_changes_the_picture(field: str) -> None:
    choices = attrs.fields_dict(Identity)[field].metadata["choices"]
    pictures = set()
    for choice in choices:
        made = Head(Identity(seed=1, **{field: choice}))
        pictures.add(made.render(neutral(1)[0], 64, supersample=False).image.tobytes())
    assert len(pictures) == len(choices)


@pytest.mark.parametrize("seed", [5005, 5036, 5066, 5075])
def test_no_lone_black_dots(seed: int) -> None:
    """Slivers on a pixel's edge once gave colours that were none: dots that came and went."""
    image = measures.random_frames(1, seed=seed, size=128)[0][0].image.astype(int)
    middle = image[1:-1, 1:-1]
    around = [image[:-2, 1:-1], image[2:, 1:-1], image[1:-1, :-2], image[1:-1, 2:]]
    dots = (middle == 0) & (np.minimum.reduce(around) > 60)
    assert not dots.any(), np.argwhere(dots)
