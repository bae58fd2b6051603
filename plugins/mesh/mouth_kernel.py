"""What is seen between the lips, and the very edges of the lips, pixel by pixel."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.mesh.paint import (
    blend_colour,
    kernel,
    read_channel,
    read_table,
    read_texture,
    smooth_step,
)

__all__ = [
    "CLEAN",
    "CLEAN_REACH_CM",
    "COLOURS",
    "LINE",
    "LINE_WIDTH",
    "STRENGTHS",
    "TEETH_LIGHT",
    "TONGUE_UP",
    "WEIGHT",
    "compose_mouth",
]

_CAVITY, _FLOOR, _INNER_LIP, _CORNER, _CONTACT = range(5)
COLOURS = 5
"""Rows of the colours: the deep of the mouth, its floor, the wet inside of the lips, the corners,
and where lips touch."""
WEIGHT, TONGUE_UP, TEETH_LIGHT, LINE, LINE_WIDTH, CLEAN = range(6)
STRENGTHS = 6
"""Numbers that control a frame: 1 draws and 0 leaves the canvas; how far the tongue is raised;
brightness of the teeth (rounded lips shade them); strength of the dark line where lips touch and
its width, cm; how much the lips' edges are taken from further inside the lips, though closed."""
CLEAN_REACH_CM = 0.45
"""Lips are left as they are farther from their edge than this."""
_ROUGH_PX = 1.5
"""Pixels this near to a lip's edge may be the warp's mixture of lip and what is behind it."""


@kernel
def _clean_edge(
    canvas: np.ndarray, source: np.ndarray, frame: np.ndarray, x: int, y: int, t: float,
    upper: float, lower: float, surplus_u: float, surplus_l: float, fresh: float,
) -> None:  # fmt: skip
    """Take the lip at a pixel from further inside it: the nearer to its edge, the further."""
    away_u, away_l = max(upper - t, 0.0), max(t - lower, 0.0)
    rough_u, rough_l = _ROUGH_PX / frame[5] + surplus_u, _ROUGH_PX / frame[5] + surplus_l
    fresh *= 1.0 - smooth_step(0.25, CLEAN_REACH_CM, max(away_u, away_l))
    if fresh <= 0.0:
        return
    of_lower = min(max(0.5 + (t - 0.5 * (upper + lower)) * frame[5], 0.0), 1.0)
    up = (upper - (away_u * away_u + rough_u * rough_u) ** 0.5 - t) * frame[5]
    down = (lower + (away_l * away_l + rough_l * rough_l) ** 0.5 - t) * frame[5]
    for k in range(3):
        one = read_channel(source, x - up * frame[3], y + up * frame[2], k)
        two = read_channel(source, x - down * frame[3], y + down * frame[2], k)
        canvas[y, x, k] += fresh * (one + of_lower * (two - one) - canvas[y, x, k])


@kernel
def _shade_lips(
    pixel: np.ndarray, t: float, upper: float, lower: float, s: float, colours: np.ndarray,
    strengths: np.ndarray,
) -> None:  # fmt: skip
    """The soft dark line where lips touch, and their turn into the mouth where they don't."""
    gap = max(lower - upper, 0.0)
    taper = 1.0 - smooth_step(0.80, 1.05, abs(s))
    across = (t - 0.5 * (upper + lower)) / strengths[LINE_WIDTH]
    touch = strengths[LINE] * np.exp(-across * across) * (1.0 - smooth_step(0.02, 0.16, gap))
    touch *= strengths[WEIGHT] * taper * (1.0 - 0.75 * smooth_step(0.72, 1.0, abs(s)))
    outside = max(upper - t, t - lower, 0.0) / 0.07
    turn = 0.16 * np.exp(-outside * outside) * smooth_step(0.0, 0.12, gap)
    turn *= strengths[WEIGHT] * taper
    for k in range(3):
        pixel[k] *= 1.0 - turn * (0.7 if k == 0 else 1.0)
        pixel[k] += touch * (colours[_CONTACT, k] - pixel[k])


@kernel
def _dim(layer: np.ndarray, colours: np.ndarray, light: float) -> None:
    """Let *layer* sink into the dark of the mouth."""
    for k in range(3):
        dark = 1.3 * colours[_CAVITY, k]
        layer[k] = dark + light * (layer[k] - dark)


@kernel
def _behind_lips(
    texels: np.ndarray, upper: np.ndarray, lower: np.ndarray, tongue: np.ndarray,
    colours: np.ndarray, strengths: np.ndarray, above: float, layer: np.ndarray,
    colour: np.ndarray,
) -> None:  # fmt: skip
    """Fill *colour* [3] with cavity, tongue and teeth, from back to front; *layer* [4] is room."""
    deep = smooth_step(0.0, 0.9, above)
    for k in range(3):
        colour[k] = colours[_FLOOR, k] + deep * (colours[_CAVITY, k] - colours[_FLOOR, k])
    on_tongue = 0.0
    if texels[4] >= 0.0:
        read_texture(tongue, texels[4], texels[5], layer)
        on_tongue = layer[3]
        _dim(layer, colours, strengths[TEETH_LIGHT] ** 0.5)
        blend_colour(colour, layer, on_tongue)
    for row in range(2):
        first = 2 - 2 * row  # the lower teeth are behind the upper ones
        if texels[first] < 0.0:
            continue
        read_texture(lower if row == 0 else upper, texels[first], texels[first + 1], layer)
        _dim(layer, colours, strengths[TEETH_LIGHT])
        hidden = on_tongue * strengths[TONGUE_UP] if row == 0 else 0.0
        blend_colour(colour, layer, layer[3] * (1.0 - hidden))


@kernel
def _light_inside(
    colour: np.ndarray, below: float, above: float, side: float, gap: float, colours: np.ndarray
) -> None:
    """Shadow under the upper lip, the wet turn of both lips, and corners without a hole."""
    light = 1.0 - 0.38 * np.exp(-below / 0.13)
    light *= 1.0 - 0.15 * np.exp(-above / 0.08)
    light *= 1.0 - 0.32 * smooth_step(0.55, 1.0, side)
    opened = smooth_step(0.02, 0.22, gap)
    lip_light = 0.62 + 0.38 * smooth_step(-0.1, 0.1, below - above)  # the upper one is shaded
    wet = 0.85 * np.exp(-((above / 0.065) ** 2)) + 0.5 * np.exp(-((below / 0.04) ** 2))
    wet = min(wet, 1.0) * (0.4 + 0.6 * opened)
    for k in range(3):
        value = colours[_CORNER, k] + opened * (colour[k] * light - colours[_CORNER, k])
        colour[k] = value + wet * (colours[_INNER_LIP, k] * lip_light - value)


@kernel
def compose_mouth(
    canvas: np.ndarray,
    cover: np.ndarray,
    left: int,
    top: int,
    frame: np.ndarray,
    edges: np.ndarray,
    texels: np.ndarray,
    upper: np.ndarray,
    lower: np.ndarray,
    tongue: np.ndarray,
    colours: np.ndarray,
    strengths: np.ndarray,
) -> None:
    """Draw the mouth onto *canvas*.

    Args:
        canvas: [h, w, 3] the part of the frame in the mouth's box, changed in place.
        cover: [h, w] part of each pixel inside the opening.
        left: first column of the box.
        top: first row of the box.
        frame: the opening's frame [6].
        edges: [6, n] cm: heights of the upper and the lower lip's edge, and of the edges of the
            free opening, which is narrower towards the corners; then how much of the upper and
            the lower lip next to its edge is not lip in the photo.
        texels: [h, w, 6] texture coordinates of upper teeth, lower teeth and tongue; < 0: none.
        upper: [., ., 4] texture of the upper teeth.
        lower: of the lower teeth.
        tongue: of the tongue.
        colours: [COLOURS, 3].
        strengths: [STRENGTHS].
    """
    rows, columns, _ = canvas.shape
    last = edges.shape[1] - 1
    weight = strengths[WEIGHT]
    colour, layer, source = np.empty(3), np.empty(4), canvas.copy()
    for y in range(rows):
        for x in range(columns):
            px, py = x + left - frame[0], y + top - frame[1]
            s = (px * frame[2] + py * frame[3]) / frame[4]
            t = (py * frame[2] - px * frame[3]) / frame[5]
            if abs(s) > 1.15:
                continue
            place = min(max((s + 1.0) * 0.5, 0.0), 1.0) * last
            edge_u, edge_l = read_table(edges[0], place), read_table(edges[1], place)
            gap, side = max(edge_l - edge_u, 0.0), min(abs(s), 1.0)
            fresh = max(strengths[CLEAN], smooth_step(0.02, 0.14, gap)) * weight
            fresh *= 1.0 - smooth_step(0.90, 1.04, abs(s))
            fresh *= 1.0 - cover[y, x] * min(4.0 * (1.0 - weight), 1.0)
            if fresh > 0.0:
                surplus_u = strengths[CLEAN] * read_table(edges[4], place)
                surplus_l = strengths[CLEAN] * read_table(edges[5], place)
                _clean_edge(canvas, source, frame, x, y, t, edge_u, edge_l, surplus_u,
                            surplus_l, fresh)  # fmt: skip
            _shade_lips(canvas[y, x], t, edge_u, edge_l, s, colours, strengths)
            if cover[y, x] * weight > 0.0:
                free_u, free_l = read_table(edges[2], place), read_table(edges[3], place)
                below, above = max(t - free_u, 0.0), max(free_l - t, 0.0)
                gap = min(gap, max(free_l - free_u, 0.0))
                _behind_lips(texels[y, x], upper, lower, tongue, colours, strengths, above,
                             layer, colour)  # fmt: skip
                _light_inside(colour, below, above, side, gap, colours)
                blend_colour(canvas[y, x], colour, cover[y, x] * weight)
