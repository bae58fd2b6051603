from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from styletalker.core.errors import InputError, MediaError
from styletalker.core.media.portrait import read_image

COLOURS = np.array(
    [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[9, 99, 199], [0, 0, 0], [255, 255, 255]]], np.uint8
)


def test_plain(tmp_path: Path) -> None:
    for name in ("a.png", "a.bmp", "a.tiff", "a.ppm"):
        Image.fromarray(COLOURS).save(tmp_path / name)
        read = read_image(str(tmp_path / name))
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, COLOURS)
        read[0, 0] = 1  # it may be written to
    Image.fromarray(COLOURS).save(tmp_path / "a.webp", lossless=True)
    np.testing.assert_array_equal(read_image(tmp_path / "a.webp"), COLOURS)


def test_orientation(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn clockwise to see it upright"
    Image.fromarray(COLOURS).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), np.rot90(COLOURS, -1))


def test_alpha_is_laid_on_grey(tmp_path: Path) -> None:
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 0], pixels[0, :, 3] = 200, (255, 0, 128)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0].tolist() == [[200, 0, 0], [128] * 3, [164, 64, 64]]


def test_palette_with_and_without_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0].tolist() == [[10, 20, 30], [200, 100, 50]]
    image.save(tmp_path / "b.png", transparency=1)
    assert read_image(tmp_path / "b.png")[0].tolist() == [[10, 20, 30], [128] * 3]


def test_grey_and_bilevel(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 77, 255]], np.uint8)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0, :, 2].tolist() == [0, 77, 255]
    Image.fromarray(np.array([[False, True]])).save(tmp_path / "b.png")
    assert read_image(tmp_path / "b.png")[0].tolist() == [[0] * 3, [255] * 3]


def test_deep_pictures(tmp_path: Path) -> None:
    grey = np.array([[0, 257 * 77, 65535]], np.uint16)
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0, :, 1].tolist() == [0, 77, 255]
    Image.fromarray(np.array([[0.0, 0.2, 1.0]], np.float32)).save(tmp_path / "b.tiff")
    assert read_image(tmp_path / "b.tiff")[0, :, 1].tolist() == [0, 51, 255]
    Image.fromarray(np.array([[0.0, np.nan]], np.float32)).save(tmp_path / "c.tiff")
    with pytest.raises(MediaError, match="not finite"):
        read_image(tmp_path / "c.tiff")


def test_cmyk(tmp_path: Path) -> None:
    pixels = np.zeros((1, 2, 4), np.uint8)
    pixels[0, 0], pixels[0, 1] = (0, 255, 255, 0), (0, 0, 0, 255)
    Image.frombytes("CMYK", (2, 1), pixels.tobytes()).save(tmp_path / "a.tiff")
    assert read_image(tmp_path / "a.tiff")[0].tolist() == [[255, 0, 0], [0, 0, 0]]


def test_a_colour_profile_is_converted(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(COLOURS).save(tmp_path / "a.png", icc_profile=profile)
    difference = np.abs(read_image(tmp_path / "a.png").astype(int) - COLOURS)
    assert difference.max() <= 2
    Image.fromarray(COLOURS).save(tmp_path / "b.png", icc_profile=b"no profile")
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), COLOURS)


def test_the_first_picture_of_an_animation(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (4, 3), (255, 0, 0)), Image.new("RGB", (4, 3), (0, 0, 255))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    assert read_image(tmp_path / "a.gif").reshape(-1, 3).tolist() == [[255, 0, 0]] * 12


def test_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"hello" * 20)
    with pytest.raises(MediaError, match=r"is not an image\. Give a PNG, JPEG"):
        read_image(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    with pytest.raises(MediaError, match="is empty"):
        read_image(tmp_path / "b.png")
    with pytest.raises(InputError, match="is a folder"):
        read_image(tmp_path)
    with pytest.raises(InputError, match=r"no such file; did you mean 'a\.png'"):
        read_image(tmp_path / "a.pngg")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".tiff", ".webp"])
def test_truncated(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match=r"damaged or truncated|is not an image"):
        read_image(path)


@pytest.mark.parametrize("side", [10001, 14000])
def test_too_large(tmp_path: Path, side: int) -> None:
    Image.new("1", (side, side)).save(tmp_path / "a.png")
    with pytest.raises(MediaError, match="is too large"):
        read_image(tmp_path / "a.png")
