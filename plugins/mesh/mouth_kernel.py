"""What is seen between the lips, pixel by pixel."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.mesh.paint import kernel

__all__ = ["compose_mouth"]

_CAVITY, _TONGUE_RIM, _INNER_LIP, _CORNER, _LINE = range(5)
"""Rows of the colours the kernel takes."""
_TEETH_CM = 0.17
"""In photos that show teeth, landmarks leave this much of them on the upper lip."""
_ROUGH_PX = 1.5
"""Pixels this near to a lip's edge may be the warp's mixture of lip and what is behind it."""


@kernel
def _smooth(start: float, stop: float, x: float) -> float:
    t = min(max((x - start) / (stop - start), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@kernel
def _read(texture: np.ndarray, u: float, v: float, colour: np.ndarray) -> None:
    """Fill *colour* [4] with the texture at column *u* and row *v*, bilinear."""
    rows, columns = texture.shape[0], texture.shape[1]
    u, v = min(max(u, 0.0), columns - 1.001), min(max(v, 0.0), rows - 1.001)
    i, j = int(v), int(u)
    p, q = v - i, u - j
    for k in range(4):
        above = texture[i, j, k] * (1 - q) + texture[i, j + 1, k] * q
        below = texture[i + 1, j, k] * (1 - q) + texture[i + 1, j + 1, k] * q
        colour[k] = above * (1 - p) + below * p


@kernel
def _between(picture: np.ndarray, u: float, v: float, k: int) -> float:
    """Channel *k* of *picture* at column *u* and row *v*, bilinear."""
    rows, columns = picture.shape[0], picture.shape[1]
    u, v = min(max(u, 0.0), columns - 1.001), min(max(v, 0.0), rows - 1.001)
    i, j = int(v), int(u)
    p, q = v - i, u - j
    above = picture[i, j, k] * (1 - q) + picture[i, j + 1, k] * q
    below = picture[i + 1, j, k] * (1 - q) + picture[i + 1, j + 1, k] * q
    return above * (1 - p) + below * p


@kernel
def _over(colour: np.ndarray, top: np.ndarray, opacity: float) -> None:
    for k in range(3):
        colour[k] += opacity * (top[k] - colour[k])


@kernel
def compose_mouth(
    canvas: np.ndarray,
    cover: np.ndarray,
    left: int,
    top: int,
    frame: np.ndarray,
    upper_edge: np.ndarray,
    lower_edge: np.ndarray,
    upper_free: np.ndarray,
    lower_free: np.ndarray,
    texels: np.ndarray,
    upper: np.ndarray,
    lower: np.ndarray,
    tongue: np.ndarray,
    colours: np.ndarray,
    tongue_up: float,
    shade: float,
    teeth_light: float,
    weight: float,
    line: float,
    line_width: float,
    clean: float,
) -> None:
    """Draw the inside of the mouth onto *canvas*.

    Args:
        canvas: [h, w, 3] the part of the frame in the mouth's box, changed in place.
        cover: [h, w] part of each pixel inside the opening.
        left: first column of the box.
        top: first row of the box.
        frame: the opening's frame [6].
        upper_edge: [n] height of the upper lip's edge, cm.
        lower_edge: [n] of the lower lip's.
        upper_free: [n] upper edge of the free opening, narrower towards the corners.
        lower_free: [n] its lower edge.
        texels: [h, w, 6] texture coordinates of upper teeth, lower teeth and tongue; < 0: none.
        upper: [., ., 4] texture of the upper teeth.
        lower: of the lower teeth.
        tongue: of the tongue.
        colours: [5, 3] cavity, rim of the tongue's floor, inside of the lips, corner, contact.
        tongue_up: how far the tongue is raised, 0 to 1.
        shade: strength of the shadows inside, about 1.
        teeth_light: brightness of the teeth: rounded lips shade them.
        weight: 1 draws, 0 leaves the canvas as it is.
        line: strength of the dark line where the lips touch, 0 to 1.
        line_width: its width, cm.
        clean: how much the lips' very edges, where the warp is rough, are taken from further
            inside the lips, also where they touch, 0 to 1.
    """
    rows, columns, _ = canvas.shape
    count = upper_edge.shape[0]
    colour, top_colour = np.empty(3), np.empty(4)
    source = canvas.copy()
    least = _ROUGH_PX / frame[5]
    for y in range(rows):
        for x in range(columns):
            px, py = x + left - frame[0], y + top - frame[1]
            s = (px * frame[2] + py * frame[3]) / frame[4]
            t = (py * frame[2] - px * frame[3]) / frame[5]
            if s < -1.15 or s > 1.15:
                continue
            place = min(max((s + 1.0) * 0.5, 0.0), 1.0) * (count - 1)
            i = min(int(place), count - 2)
            share = place - i
            edge_u = upper_edge[i] * (1 - share) + upper_edge[i + 1] * share
            edge_l = lower_edge[i] * (1 - share) + lower_edge[i + 1] * share
            gap = max(edge_l - edge_u, 0.0)
            below, above = t - edge_u, edge_l - t  # of the upper, over the lower lip's edge
            side = min(abs(s), 1.0)
            taper = 1.0 - _smooth(0.80, 1.05, abs(s))

            # on the lips: the soft dark where they touch or turn inwards
            middle = 0.5 * (edge_u + edge_l)
            contact = np.exp(-((t - middle) / line_width) ** 2) * (1.0 - _smooth(0.02, 0.16, gap))
            contact *= line * (1.0 - _smooth(0.72, 1.0, abs(s)) * 0.75) * taper
            outside = max(-below, -above, 0.0)
            fresh = max(clean, _smooth(0.02, 0.14, gap)) * weight * taper
            fresh *= 1.0 - cover[y, x] * min(4.0 * (1.0 - weight), 1.0)
            away_u, away_l = max(-below, 0.0), max(-above, 0.0)
            rough_u = least + clean * (_TEETH_CM * (1.0 + 0.5 * _smooth(0.4, 0.9, side)))
            rough_l = least + clean * 0.3 * _TEETH_CM
            if fresh > 0.0 and (away_u < 3.0 * rough_u or away_l < 3.0 * rough_l):
                part = min(max(0.5 + (t - middle) * frame[5], 0.0), 1.0)  # lower lip here
                up = edge_u - (away_u * away_u + rough_u * rough_u) ** 0.5 - t
                down = edge_l + (away_l * away_l + rough_l * rough_l) ** 0.5 - t
                for k in range(3):
                    lip_u = _between(source, x - up * frame[3] * frame[5],
                                     y + up * frame[2] * frame[5], k)
                    lip_l = _between(source, x - down * frame[3] * frame[5],
                                     y + down * frame[2] * frame[5], k)
                    canvas[y, x, k] += fresh * (lip_u + part * (lip_l - lip_u) - canvas[y, x, k])
            turn = np.exp(-((outside / 0.07) ** 2)) * _smooth(0.0, 0.12, gap) * 0.16 * taper
            for k in range(3):
                value = canvas[y, x, k]
                value *= 1.0 - weight * turn * (0.7 if k == 0 else 1.0)
                value += weight * contact * (colours[_LINE, k] - value)
                canvas[y, x, k] = value

            part = cover[y, x] * weight
            if part <= 0.0:
                continue
            free_u = upper_free[i] * (1 - share) + upper_free[i + 1] * share
            free_l = lower_free[i] * (1 - share) + lower_free[i + 1] * share
            gap = min(gap, max(free_l - free_u, 0.0))
            below, above = max(t - free_u, 0.0), max(free_l - t, 0.0)
            deep = _smooth(0.0, 0.9, above)
            for k in range(3):
                colour[k] = colours[_TONGUE_RIM, k] + deep * (
                    colours[_CAVITY, k] - colours[_TONGUE_RIM, k]
                )
            on_tongue = 0.0
            if texels[y, x, 4] >= 0.0:
                _read(tongue, texels[y, x, 4], texels[y, x, 5], top_colour)
                on_tongue = top_colour[3]
                _over(colour, top_colour, on_tongue)
            if texels[y, x, 2] >= 0.0:
                _read(lower, texels[y, x, 2], texels[y, x, 3], top_colour)
                for k in range(3):
                    dim = 1.3 * colours[_CAVITY, k]
                    top_colour[k] = dim + teeth_light * (top_colour[k] - dim)
                _over(colour, top_colour, top_colour[3] * (1.0 - on_tongue * tongue_up))
            if texels[y, x, 0] >= 0.0:
                _read(upper, texels[y, x, 0], texels[y, x, 1], top_colour)
                for k in range(3):
                    dim = 1.3 * colours[_CAVITY, k]
                    top_colour[k] = dim + teeth_light * (top_colour[k] - dim)
                _over(colour, top_colour, top_colour[3])

            # light: shadow of the upper lip, the turn of the lower one, the corners
            light = 1.0 - 0.38 * shade * np.exp(-below / 0.13)
            light *= 1.0 - 0.15 * shade * np.exp(-above / 0.08)
            light *= 1.0 - 0.32 * shade * _smooth(0.55, 1.0, side)
            open_ = _smooth(0.02, 0.22, gap)
            wet = 0.85 * np.exp(-((above / 0.065) ** 2)) + 0.5 * np.exp(-((below / 0.04) ** 2))
            wet_light = 0.62 + 0.38 * _smooth(-0.1, 0.1, below - above)  # the upper one is shaded
            wet = min(wet, 1.0) * (0.4 + 0.6 * open_)
            for k in range(3):
                value = colour[k] * light
                value = colours[_CORNER, k] + open_ * (value - colours[_CORNER, k])
                value += wet * (colours[_INNER_LIP, k] * wet_light - value)
                canvas[y, x, k] += part * (value - canvas[y, x, k])
