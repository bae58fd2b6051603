"""Cuts, fades and dissolves to the frame; flashes, pans and zooms are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.plugins.preparation.analysis.shots import LAG, ShotDetector, thumbnail

Images = NDArray[np.uint8]
SIZE = (90, 160)


def picture(seed: int, shift: float = 0.0, zoom: float = 1.0) -> Images:
    """A smooth picture of some colours, moved or enlarged."""
    coarse = np.random.default_rng(seed).uniform(20, 235, (6, 10, 3)).astype(np.float32)
    large = cv2.resize(coarse, (320, 180), interpolation=cv2.INTER_CUBIC)
    middle = np.array([160.0 + shift, 90.0])
    move = np.array([[1 / zoom, 0, middle[0] - 80 / zoom], [0, 1 / zoom, middle[1] - 45 / zoom]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(large, move, SIZE[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.clip(seen, 0, 255).astype(np.uint8)


def shots_of(frames: list[Images]) -> tuple[list[int], list[bool]]:
    """The shot of each frame, and whether it is in a dissolve or fade."""
    detector = ShotDetector()
    found = [detector.push(thumbnail(frame)) for frame in frames]
    assert found[:LAG] == [None] * LAG
    shots = [shot for shot in found if shot is not None] + detector.drain()
    assert len(shots) == len(frames)
    return shots, [detector.spoiled(t) for t in range(len(frames))]


def still(seed: int, count: int) -> list[Images]:
    """A shot whose noise changes from frame to frame."""
    rng = np.random.default_rng(seed)
    base = picture(seed).astype(np.float64)
    noisy = [base + rng.normal(0, 3, base.shape) for _ in range(count)]
    return [np.clip(one, 0, 255).astype(np.uint8) for one in noisy]


def mixed(first: Images, second: Images, count: int) -> list[Images]:
    """*count* frames between two pictures, both of them left out."""
    shares = np.arange(1, count + 1) / (count + 1)
    return [(first * (1.0 - s) + second * float(s)).astype(np.uint8) for s in shares]


def test_a_cut_is_found_to_the_frame() -> None:
    shots, spoiled = shots_of([*still(1, 17), *still(2, 23), *still(3, 9)])
    assert shots == [0] * 17 + [1] * 23 + [2] * 9
    assert not any(spoiled)


@pytest.mark.parametrize("white", [True, False])
@pytest.mark.parametrize("length", [1, 2, LAG])
def test_a_flash_is_no_cut(length: int, white: bool) -> None:
    frames = still(1, 40)
    for t in range(15, 15 + length):
        lit = frames[t].astype(np.int64) + (255 if white else 90)
        frames[t] = np.clip(lit, 0, 255).astype(np.uint8)
    assert shots_of(frames)[0] == [0] * 40


def test_a_change_of_exposure_is_no_cut() -> None:
    frames = [*still(1, 20), *[(one * 0.6).astype(np.uint8) for one in still(1, 20)]]
    assert set(shots_of(frames)[0]) == {0}


@pytest.mark.parametrize("kind", ["pan", "zoom"])
def test_a_moving_camera_is_no_cut(kind: str) -> None:
    frames = [
        picture(4, shift=3.0 * t) if kind == "pan" else picture(4, zoom=1.03**t) for t in range(40)
    ]
    shots, spoiled = shots_of(frames)
    assert set(shots) == {0}
    assert not any(spoiled)


@pytest.mark.parametrize("length", [6, 12, 18])
def test_a_dissolve_is_one_change_whose_mixed_frames_are_known(length: int) -> None:
    first, second = picture(1), picture(2)
    frames = [*[first] * 30, *mixed(first, second, length), *[second] * 30]
    shots, spoiled = shots_of(frames)
    assert spoiled == [False] * 30 + [True] * length + [False] * 30
    assert shots[0] == 0
    assert shots[-1] == 1
    assert 30 <= shots.index(1) <= 30 + length


def test_a_fade_through_black_is_one_change() -> None:
    first, second, black = picture(1), picture(2), np.zeros((*SIZE, 3), np.uint8)
    frames = [*[first] * 30, *mixed(first, black, 9), *[black] * 6, *mixed(black, second, 9)]
    frames += [second] * 30
    shots, spoiled = shots_of(frames)
    assert shots[0] == 0
    assert shots[-1] == 1
    assert spoiled == [False] * 30 + [True] * 9 + [False] * 6 + [True] * 9 + [False] * 30


def test_the_same_frames_give_the_same_shots() -> None:
    frames = [*still(5, 12), *still(6, 12)]
    assert shots_of(frames) == shots_of(frames)


def test_a_thumbnail_of_any_size_is_small() -> None:
    for height, width in ((18, 32), (90, 160), (1081, 1921), (7, 5)):
        small = thumbnail(np.full((height, width, 3), 77, np.uint8))
        assert small.shape == (18, 32, 3)
        assert np.allclose(small, 77)
