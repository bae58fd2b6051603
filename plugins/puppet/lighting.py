"""The light: a key, a fill and a rim, and the camera the key's shadow is drawn with."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.fields import FloatArray, unit
from styletalker.plugins.puppet.identity import Identity

__all__ = ["SHADOW_SIZE", "Lighting", "lighting", "shadow_screen"]

SHADOW_SIZE = 144
"""Width of the shadow map: 0.28 cm a pixel, so 3 x 3 samples blur over about 8 mm."""
_SHADOW_SPAN = 40.0
"""Width of what the shadow map sees, cm: head and shoulders."""
_SHADOW_SIDE, _SHADOW_UP = 20.0, 18.0
"""Position of the head's origin in the shadow map, cm from its left and upper edges."""


@attrs.frozen(kw_only=True, eq=False)
class Lighting:
    """Directions and colours the shading kernel takes."""

    directions: NDArray[np.float32]
    """[3, 3] unit vectors towards key, fill and rim light."""
    colours: NDArray[np.float32]
    """[4, 3] linear colours of key, fill, rim and ambient light."""
    shadow_axes: NDArray[np.float32]
    """[3, 3] right, up and towards the key light."""


def lighting(identity: Identity) -> Lighting:
    """The light on *identity*: the fill and the rim come from the other side than the key."""
    azimuth, elevation = np.radians(identity.key_azimuth), np.radians(identity.key_elevation)
    key = np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
            np.cos(azimuth) * np.cos(elevation),
        ]
    )
    side = -1.0 if identity.key_azimuth >= 0 else 1.0
    fill = unit(np.array([0.75 * side, 0.1, 0.65]))
    rim = np.array([0.85 * side, 0.45, -0.5])
    warmth = identity.warmth
    colours = np.array(
        [
            np.array([1 + 0.07 * warmth, 1, 1 - 0.10 * warmth]) * 1.02 * identity.key_strength,
            np.array([1 - 0.04 * warmth, 1, 1 + 0.08 * warmth]) * 0.20,
            np.array([1.0, 1.0, 1.03]) * 0.38,
            np.array([0.215, 0.22, 0.232]),
        ]
    )
    right = unit(np.cross([0.0, 1.0, 0.0], key))
    axes = np.stack([right, np.cross(key, right), key])
    return Lighting(
        directions=np.stack([key, fill, rim]).astype(np.float32),
        colours=colours.astype(np.float32),
        shadow_axes=axes.astype(np.float32),
    )


def shadow_screen(points: FloatArray, axes: FloatArray) -> NDArray[np.float32]:
    """Column, row and depth [V, 3] of *points* in the shadow map."""
    scale = SHADOW_SIZE / _SHADOW_SPAN
    screen: NDArray[np.float32] = (points @ axes.T).astype(np.float32)
    screen[:, 0] = (screen[:, 0] + _SHADOW_SIDE) * scale
    screen[:, 1] = (_SHADOW_UP - screen[:, 1]) * scale
    return screen
