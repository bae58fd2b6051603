"""Portraits: any picture file a user may have, as plain RGB."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from styletalker.core.errors import MediaError, compose
from styletalker.core.media.source import check_file

__all__ = ["read_image"]

_MOST_PIXELS = 100_000_000
"""More than any camera gives a portrait; 100 megapixels take 300 MB as RGB."""
_BEHIND = (128, 128, 128)
"""What shows through transparent pixels: mid-grey, 0 in [-1, 1], the softest edge on average."""
_DEEP_WHITE = 65535.0


def read_image(path: Path | str) -> NDArray[np.uint8]:
    """A picture [H, W, 3], uint8, RGB, upright.

    The orientation in the EXIF data is applied, an embedded colour profile is converted to sRGB,
    transparent parts are laid on mid-grey, deep pictures are scaled to 8 bits, and of an animation
    the first picture is taken.

    Raises:
        InputError: there is no such file, or it is a folder.
        MediaError: it is empty, no image, damaged, or has more than 100 megapixels.
    """
    path = Path(path)
    check_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # doubts about the file; what matters is checked here
            with Image.open(path) as image:
                _check_size(image, path)
                image.load()
                return np.array(_plain(image), np.uint8)
    except MediaError:
        raise
    except Image.DecompressionBombError as error:
        raise MediaError(f"{path}: is too large: {error}") from error
    except UnidentifiedImageError as error:
        fix = "Give a PNG, JPEG, WebP, TIFF, BMP or GIF file."
        raise MediaError(compose("is not an image", where=str(path), fix=fix)) from error
    except Exception as error:  # Pillow's readers raise anything, from struct.error to SyntaxError
        problem = f"is a damaged or truncated image: {error}"
        raise MediaError(compose(problem, where=str(path), fix="Export it again.")) from error


def _check_size(image: Image.Image, path: Path) -> None:
    width, height = image.size
    if width * height > _MOST_PIXELS:
        expected = f"at most {_MOST_PIXELS // 1_000_000} megapixels"
        given = f"{width} x {height}"
        raise MediaError(compose("is too large", where=str(path), expected=expected, given=given))
    if width * height == 0:
        raise MediaError(f"{path}: holds no pixels ({width} x {height})")


def _plain(image: Image.Image) -> Image.Image:
    """The picture upright in 8-bit RGB."""
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        image = _from_deep(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        behind = Image.new("RGBA", image.size, (*_BEHIND, 255))
        image = Image.alpha_composite(behind, image)
    return _to_srgb(image, profile)


def _from_deep(image: Image.Image) -> Image.Image:
    """One channel of integers up to 65535, or of floats up to 1 (or 255), as 8 bits."""
    values = np.asarray(image).astype(np.float64)
    white = _DEEP_WHITE
    if image.mode == "F":
        if not np.isfinite(values).all():
            raise ValueError("it holds values that are not finite")
        white = 1.0 if values.max(initial=0.0) <= 1.0 else 255.0
    grey = np.clip(np.round(values / white * 255.0), 0, 255).astype(np.uint8)
    return Image.fromarray(grey)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB; a picture without a usable profile is taken as it is."""
    if image.mode not in ("RGB", "CMYK", "L"):
        image = image.convert("RGB")
    source = _profile_of(profile)
    space = {"RGB": "RGB", "CMYK": "CMYK", "L": "GRAY"}[image.mode]
    if source is None or source.profile.xcolor_space.strip() != space:
        return image.convert("RGB")
    target = ImageCms.createProfile("sRGB")
    changed = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    return image.convert("RGB") if changed is None else changed


def _profile_of(profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    if not profile:
        return None
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError):
        return None  # a damaged profile: the pixels are still good
