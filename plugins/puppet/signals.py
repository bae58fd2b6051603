"""Small signals that motion is built from: slow noise, smooth moves and bumps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

__all__ = ["FPS", "Track", "bump", "glide", "slow_noise", "smooth"]

FPS = 25
"""Frames per second of every clip of the toolkit."""

Track = NDArray[np.float64]
"""One value per frame [T]."""


def slow_noise(rng: np.random.Generator, frames: int, cutoff_hz: float) -> Track:
    """Gaussian noise [T] of zero mean and unit variance over many clips, below *cutoff_hz*.

    A clip shorter than a period gets a slowly changing offset, not a forced zero mean:
    people don't centre their head on every clip.
    """
    sigma = FPS / (2 * np.pi * cutoff_hz)  # Gaussian whose gain at the cut-off is exp(-1/2)
    margin = int(4 * sigma) + 1
    white = rng.standard_normal(frames + 2 * margin)
    filtered = gaussian_filter1d(white, sigma, mode="constant")[margin : margin + frames]
    gain = np.sqrt(2 * np.sqrt(np.pi) * sigma)  # a Gaussian kernel keeps 1/(2 sqrt(pi) sigma)
    noise: Track = filtered * gain
    return noise


def smooth(track: Track, sigma_s: float) -> Track:
    """*track* smoothed by a Gaussian of *sigma_s* seconds, ends held."""
    smoothed: Track = gaussian_filter1d(track, sigma_s * FPS, mode="nearest")
    return smoothed


def glide(times: Track, start_s: float, duration_s: float) -> Track:
    """0 before *start_s*, 1 after *duration_s* more, on a minimum-jerk path between.

    The path of most natural point-to-point movements (Flash & Hogan 1985).
    """
    x = np.clip((times - start_s) / duration_s, 0, 1)
    path: Track = x * x * x * (10 - 15 * x + 6 * x * x)
    return path


def bump(times: Track, peak_s: float, rise_s: float, fall_s: float) -> Track:
    """0, up to 1 at *peak_s* and back to 0, on minimum-jerk paths."""
    up = glide(times, peak_s - rise_s, rise_s)
    down = glide(times, peak_s, fall_s)
    shape: Track = up - down
    return shape
