"""The whole picture around the square, and how a talk may be changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.core.generation.ahead import made_ahead
from styletalker.core.generation.canvas import Canvas, whole_canvas
from styletalker.core.generation.choices import Choices
from styletalker.core.generation.manner import Manner
from styletalker.core.media.crop import Square


def test_a_frame_goes_back_to_where_its_square_was_cut() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    canvas = whole_canvas(picture, Square(left=40, top=-10, side=64), resolution=512, size=None)
    assert canvas.size == (90, 120)
    assert canvas.image.shape == (64, 64, 3)  # never enlarged
    assert np.array_equal(canvas.show(canvas.image), picture)
    black = canvas.show(np.zeros((64, 64, 3), np.uint8))
    assert not black[:54, 40:104].any()
    black[:54, 40:104] = picture[:54, 40:104]
    assert np.array_equal(black, picture)


@pytest.mark.parametrize(
    ("size", "shape", "square"),
    [(None, (400, 600), 256), (128, (200, 300), 128), (512, (800, 1200), 512)],
)
def test_the_pictures_scale_follows_the_squares_size(
    size: int | None, shape: tuple[int, int], square: int
) -> None:
    picture = np.zeros((1600, 2400, 3), np.uint8)
    cut = Square(left=100, top=100, side=1024)
    canvas = whole_canvas(picture, cut, resolution=256, size=size)
    assert canvas.size == shape
    assert canvas.image.shape == (square, square, 3)
    assert canvas.left == canvas.top == round(100 * square / 1024)


def test_a_small_face_in_a_large_picture_gives_no_larger_video_than_full_hd() -> None:
    picture = np.zeros((3000, 6000, 3), np.uint8)
    cut = Square(left=2000, top=1000, side=300)
    canvas = whole_canvas(picture, cut, resolution=512, size=None)
    assert canvas.size == (960, 1920)
    assert len(canvas.image) == 96


def test_odd_pictures_become_even() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (301, 203, 3), np.uint8)
    canvas = whole_canvas(picture, Square(left=1, top=2, side=151), resolution=512, size=None)
    assert canvas.size == (300, 202)
    assert np.array_equal(canvas.image, picture[2:152, 1:151])  # not resampled
    scaled = whole_canvas(picture, Square(left=1, top=2, side=151), resolution=512, size=100)
    assert scaled.size == (200, 134)


def test_a_square_alone_is_shown_as_it_is() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    frame = image + 5
    assert Canvas(image=image).show(frame) is frame
    assert Canvas(image=image).size == (64, 64)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"crop": "atuo"}, "no such crop: 'atuo'; did you mean 'auto'?"),
        ({"face": "first"}, "no such face; expected largest, left, right, or a number from 0"),
        ({"size": 2000}, "size; expected 64 to 1024 pixels, got 2000"),
        ({"motion_scale": -1.0}, "motion scale; expected at least 0, got -1"),
        ({"motion_end": "stop"}, "no such motion end: 'stop'"),
        ({"sed": 1}, "no such option: 'sed'; did you mean 'seed'?"),
    ],
)
def test_choices_that_do_not_exist(how: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        Choices.of(how)
    assert said in str(caught.value)


def test_a_manner_has_bounds() -> None:
    with pytest.raises(ValueError, match=r"0\.0 to 3\.0"):
        Manner(blink=4.0)


def test_items_made_ahead_come_in_order_and_errors_where_they_were() -> None:
    def items() -> Iterator[int]:
        yield from range(20)
        raise InputError("now")

    ahead = made_ahead(items())
    assert [next(ahead) for _ in range(20)] == list(range(20))
    with pytest.raises(InputError, match="now"):
        next(ahead)
    assert list(made_ahead(iter([]))) == []


def test_leaving_early_ends_the_thread() -> None:
    made: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            made.append(len(made))
            yield made[-1]

    items = made_ahead(endless())
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    count = len(made)
    assert count <= 12
    time.sleep(0.05)
    assert len(made) == count
    assert not any(thread.name == "frames" for thread in threading.enumerate())
