from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.core.media.crop import Square, crop_square, resize, to_size


def ramp(height: int, width: int) -> Any:
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, rows + columns], -1).astype(np.uint8)


def test_a_crop_inside() -> None:
    image = ramp(10, 12)
    np.testing.assert_array_equal(crop_square(image, Square(3, 2, 5)), image[2:7, 3:8])


@pytest.mark.parametrize("edge", ["reflect", "replicate"])
def test_a_crop_beyond_the_edge_goes_on_as_numpy_pads(edge: Any) -> None:
    image = ramp(5, 7)
    mode: Any = {"reflect": "reflect", "replicate": "edge"}[edge]
    padded = np.pad(image, ((20, 20), (20, 20), (0, 0)), mode=mode)
    for left, top, side in [(-3, -2, 12), (4, 3, 9), (-20, -20, 40), (10, -9, 3)]:
        wanted = padded[top + 20 : top + 20 + side, left + 20 : left + 20 + side]
        np.testing.assert_array_equal(
            crop_square(image, Square(left, top, side), edge=edge), wanted
        )


def test_a_crop_of_a_single_pixel() -> None:
    image = np.full((1, 1, 3), 7, np.uint8)
    assert crop_square(image, Square(-2, -2, 4)).tolist() == [[[7] * 3] * 4] * 4


def test_resizing_averages_what_it_shrinks() -> None:
    board = ((np.mgrid[:64, :64].sum(0) % 2) * 255).astype(np.uint8)
    small = resize(np.repeat(board[..., None], 3, -1), 8)
    assert small.shape == (8, 8, 3)
    assert np.abs(small[1:-1, 1:-1].astype(int) - 127).max() <= 3


def test_resizing_keeps_positions() -> None:
    image = np.zeros((40, 80, 3), np.uint8)
    image[:, 40:] = 255
    small = resize(image, (10, 20))
    assert small[:, :9].max() < 20
    assert small[:, 11:].min() > 235
    same = resize(image, (40, 80))
    assert same is not image
    np.testing.assert_array_equal(same, image)


def test_to_size_takes_the_centre() -> None:
    image = np.zeros((10, 30, 3), np.uint8)
    image[:, 10:20] = 200
    assert to_size(image, 4).tolist() == [[[200] * 3] * 4] * 4
    assert to_size(image, 6, box=Square(0, 0, 6)).max() == 0


def test_what_is_not_valid() -> None:
    image = ramp(4, 4)
    with pytest.raises(InputError, match="side of the square; expected 1 to 16384 pixels, got 0"):
        crop_square(image, Square(0, 0, 0))
    with pytest.raises(InputError, match="size; expected 1 to 16384 pixels"):
        resize(image, 0)
    with pytest.raises(InputError, match=r"not an image; expected uint8 \[H, W, 3\]"):
        resize(image[..., 0], 4)
    edge: Any = "reflct"
    with pytest.raises(InputError, match="did you mean 'reflect'"):
        crop_square(image, Square(0, 0, 2), edge=edge)
