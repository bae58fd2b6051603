"""PSNR and SSIM of pictures, in scikit-image's conventions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from styletalker.core.errors import InputError, compose

__all__ = ["MOST_DB", "psnr", "ssim"]

MOST_DB = 100.0
"""What identical pictures count: their PSNR is infinite, and one would make every mean so."""

_RANGE = 255.0
_SIGMA, _RADIUS = 1.5, 5
"""The window of Wang et al. 2004: a Gaussian of 1.5 px, 11 px wide."""
_C1, _C2 = (0.01 * _RANGE) ** 2, (0.03 * _RANGE) ** 2


def psnr(image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of an image [H, W, 3] in dB, at most 100; higher is better.

    10 log10(255^2 / mean squared difference over pixels and channels).

    Raises:
        InputError: the images differ in shape or are not uint8.
    """
    a, b = _pair(image, truth)
    error = float(((a - b) ** 2).mean())
    return min(float(10 * np.log10(_RANGE**2 / error)), MOST_DB) if error > 0 else MOST_DB


def ssim(image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Structural similarity of an image [H, W, 3], -1 to 1; higher is better.

    Wang et al. 2004 with a Gaussian window (sigma 1.5, 11 px), K1 = 0.01, K2 = 0.03, population
    covariance; the mean over channels and over the pixels at least 5 px from the border. The
    same number as ``skimage.metrics.structural_similarity`` with ``gaussian_weights=True,
    sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=-1``. Other settings
    (a 7 px box, grey pictures) give other numbers under the same name.

    Raises:
        InputError: the images differ in shape, are not uint8 or are less than 11 px wide.
    """
    a, b = _pair(image, truth)
    if min(a.shape[:2]) <= 2 * _RADIUS:
        raise InputError(compose("an image is too small for SSIM", expected="at least 11 x 11 px",
                                 given=a.shape))  # fmt: skip
    mean_a, mean_b = _blur(a), _blur(b)
    var_a, var_b = _blur(a * a) - mean_a**2, _blur(b * b) - mean_b**2
    cov = _blur(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + _C1) * (2 * cov + _C2)
    bottom = (mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2)
    inner = slice(_RADIUS, -_RADIUS)
    return float((top / bottom)[inner, inner].mean())


def _blur(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian mean of each channel."""
    return gaussian_filter(image, (_SIGMA, _SIGMA, 0), radius=(_RADIUS, _RADIUS, 0))


def _pair(
    image: NDArray[np.uint8], truth: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if image.shape != truth.shape or image.dtype != np.uint8 or truth.dtype != np.uint8:
        given, expected = f"{image.dtype} {image.shape}", f"uint8 {truth.shape}"
        raise InputError(compose("pictures cannot be compared", expected=expected, given=given))
    return image.astype(np.float64), truth.astype(np.float64)
