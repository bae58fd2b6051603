"""Closed eyelids: what colour their skin is, and how dark the lashes are."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from styletalker.plugins.mesh.mouth_opening import SAMPLES
from styletalker.plugins.mesh.paint_look import LUMA, samples, warmth
from styletalker.plugins.puppet.fields import FloatArray

__all__ = ["Lid", "lid_of"]

_COLDER, _DARKER = 0.28, 0.30
"""Skin is not colder than this, as a logarithm of red over blue, nor darker than this part of the
face's lit skin."""
_RING_CM = 0.14
"""From the lid's edge to the next ring, cm."""
_ABOVE, _BELOW = (3, 4), (3, 4, 5)
"""Eye rings whose skin is looked at over and under an eye: off lashes and brow."""


@attrs.frozen(kw_only=True, eq=False)
class Lid:
    """The look of one closed upper lid."""

    skin: NDArray[np.float32]
    """[3, SAMPLES] red, green and blue from the left to the right corner."""
    fold: NDArray[np.float32]
    """[3, SAMPLES] the same over the lid's fold."""
    lash: NDArray[np.float64]
    """[3] colour of the lashes."""
    lash_width: float
    """Width of the dark edge, cm."""
    lash_strength: float
    """How dense the lashes are in the photo, 0 to 1."""


def _bright(candidates: FloatArray, share: float) -> FloatArray:
    """Of the colours [n, columns, 3], that at the *share* quantile of brightness, per column."""
    order = np.argsort(candidates @ LUMA, axis=0)
    place = share * (len(candidates) - 1)
    low, part = int(place), place - int(place)
    ranked = np.take_along_axis(candidates, order[..., None], axis=0)
    high = ranked[min(low + 1, len(ranked) - 1)]
    chosen: FloatArray = ranked[low] * (1 - part) + high * part
    return chosen


def _only_skin(candidates: FloatArray, skin: FloatArray) -> FloatArray:
    """Colours [n, columns, 3] with rims of glasses, brows and lights replaced by what is skin."""
    cold = warmth(skin) - warmth(candidates) > _COLDER
    dark = candidates @ LUMA < _DARKER * float(skin @ LUMA)
    bad = cold | dark
    usual = np.median(candidates[~bad], 0) if (~bad).any() else 0.85 * skin
    column = np.where(bad[..., None], np.nan, candidates)
    known = ~bad.all(0)
    filled = np.broadcast_to(usual, candidates.shape[1:]).copy()
    filled[known] = np.nanmedian(column[:, known], axis=0)
    return np.where(bad[..., None], filled[None], candidates)


def lid_of(photo: FloatArray, rings: FloatArray, skin: FloatArray) -> Lid:
    """The lid over one eye.

    Args:
        photo: [H, W, 3].
        rings: [6, LID_POINTS, 2] the eye's rings in the photo, px, clockwise from the left
            corner over the upper lid.
        skin: [3] the face's lit skin.
    """
    count = rings.shape[1]
    half = count // 2
    inner = np.arange(2, half - 1)
    mirror = (count - inner) % count
    above = np.stack([samples(photo, rings[k, inner]) for k in _ABOVE]).astype(float)
    below = np.stack([samples(photo, rings[k, mirror]) for k in _BELOW]).astype(float)
    above, below = (_only_skin(part, skin) for part in (above, below))
    high = gaussian_filter1d(_bright(above, 0.5), 2.2, axis=0, mode="nearest")
    colour = 0.5 * _bright(above, 0.5) + 0.5 * _bright(below, 0.5)
    smooth = gaussian_filter1d(colour, 2.2, axis=0, mode="nearest")
    mean = smooth.mean(0)
    lift = np.clip(0.72 * float(skin @ LUMA) / max(float(mean @ LUMA), 1.0), 1.0, 1.25)
    edge = rings[0, inner]
    along = (edge - rings[0, 0]) @ (rings[0, half] - rings[0, 0])
    along = 2 * along / float(np.sum((rings[0, half] - rings[0, 0]) ** 2)) - 1
    grid = np.linspace(-1, 1, SAMPLES)
    table, fold = (
        np.stack([np.interp(grid, along, tone[:, k]) for k in range(3)])
        for tone in (smooth * lift, high)
    )

    steps = np.linspace(0.0, 0.7, 5)
    near = np.stack([samples(photo, edge + k * (rings[1, inner] - edge)) for k in steps])
    rims = _bright(near.astype(float), 0.0)
    rims = rims[(rims @ LUMA) <= np.median(rims @ LUMA)]
    dark = rims.mean(0)
    steps = np.linspace(0.0, 1.2, 13)
    rays = np.stack([edge + k * (rings[1, inner] - edge) for k in steps])
    shade = samples(photo, rays.reshape(-1, 2)).reshape(len(steps), -1, 3) @ LUMA
    band = float((shade < 0.62 * float(mean @ LUMA)).mean(0).mean()) * 1.2 * _RING_CM
    contrast = 1 - float(dark @ LUMA) / max(float(mean @ LUMA), 1.0)
    return Lid(
        skin=table.astype(np.float32),
        fold=fold.astype(np.float32),
        lash=0.7 * dark + 0.12 * mean,
        lash_width=float(np.clip(0.55 * band, 0.02, 0.075)),
        lash_strength=float(np.clip(contrast, 0.2, 0.8)),
    )
