"""Eyeball, upper lid and lashes of one eye, pixel by pixel."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.mesh.paint import (
    blend_colour,
    kernel,
    read_table,
    read_texture,
    smooth_step,
)

__all__ = [
    "BALL",
    "CLOSING",
    "GRAIN_SCALE",
    "LASH",
    "LASH_WIDTH",
    "SOFTNESS",
    "STRENGTHS",
    "compose_eye",
]

BALL, CLOSING, LASH, LASH_WIDTH, SOFTNESS, GRAIN_SCALE = range(6)
STRENGTHS = 6
"""Numbers that control a frame: 1 draws the eyeball and 0 leaves it; how far the lids have
closed, 0 to 1; density of the lashes, 0 to 1, and
width of their dark edge, cm; width of edges, cm; pixels of the grain per cm."""


@kernel
def _draw_ball(
    pixel: np.ndarray, u: float, v: float, shift: np.ndarray, white: np.ndarray,
    iris: np.ndarray, below: float, closing: float, part: float, layer: np.ndarray,
    colour: np.ndarray,
) -> None:  # fmt: skip
    """White and iris, in the shadow of a falling lid."""
    read_texture(white, u, v, colour)
    read_texture(iris, u - shift[0], v - shift[1], layer)
    blend_colour(colour, layer, layer[3])
    light = 1.0 - 0.45 * closing * np.exp(-max(below, 0.0) / 0.14)
    for k in range(3):
        colour[k] *= light
    blend_colour(pixel, colour, part)


@kernel
def _draw_lid(
    pixel: np.ndarray, tone: np.ndarray, high: np.ndarray, s: float, t: float, fold: float,
    edge: float, softness: float, amount: float, grain: float,
) -> None:  # fmt: skip
    """The lid from the *fold*, which stays in place and has the tone *high*, to the *edge*."""
    along = min(max((t - fold) / (edge - fold), 0.0), 1.0)
    taper = 1.0 - smooth_step(0.50 + 0.30 * along, 0.94 + 0.09 * along, abs(s))
    cut = 1.0 - smooth_step(-softness, softness, t - edge)
    shape = 0.96 + 0.08 * np.sin(np.pi * min(1.1 * along, 1.0))
    shape -= 0.09 * smooth_step(0.70, 1.0, along) + 0.07 * s * s
    opacity = amount * taper * cut * smooth_step(-0.03, 0.36, along)
    line = (t - fold) / (0.06 + softness)
    crease = amount * taper * np.exp(-line * line)
    for k in range(3):
        skin = high[k] + min(1.6 * along, 1.0) * (tone[k] - high[k])
        pixel[k] += opacity * (skin * shape * (1.0 + grain) - pixel[k])
        pixel[k] *= 1.0 - crease * (0.055 if k == 0 else 0.07)


@kernel
def _cover_rest(
    pixel: np.ndarray, tone: np.ndarray, s: float, below: float, iris: float, shut: float
) -> None:
    """Hide what landmarks left of white and iris under a closed lid: skin is warmer."""
    warmth = (pixel[0] + 12.0) * (tone[2] + 12.0) / ((pixel[2] + 12.0) * (tone[0] + 12.0))
    light = (pixel[0] + pixel[1] + pixel[2]) / (tone[0] + tone[1] + tone[2] + 1.0)
    white = smooth_step(0.93, 0.80, warmth) * smooth_step(0.40, 0.60, light)  # not a dark rim
    hidden = max(white, iris) * shut
    hidden *= (1.0 - smooth_step(0.25, 0.38, below)) * (1.0 - smooth_step(0.97, 1.06, abs(s)))
    for k in range(3):
        pixel[k] += hidden * (0.95 * tone[k] - pixel[k])


@kernel
def _draw_lashes(
    pixel: np.ndarray,
    lash: np.ndarray,
    s: float,
    below: float,
    width: float,
    softness: float,
    amount: float,
) -> None:
    """The dark edge of the lid and the fringe that hangs from it."""
    wide = width * (0.7 + 0.5 * (1.0 - s * s)) + 0.4 * softness
    over, under = min(below, 0.0) / wide, max(below - 0.02, 0.0) / (wide + 0.015)
    band = 0.75 * np.exp(-over * over - under * under)
    hairs = 0.5 + 0.5 * np.sin(37.0 * s + 5.0 * below + 2.0 * np.sin(11.0 * s))
    fringe = max(below, 0.0) / 0.11
    band += (0.08 + 0.20 * hairs) * np.exp(-fringe * fringe) * smooth_step(-0.05, 0.04, below)
    band = min(band, 1.0) * amount * (1.0 - smooth_step(0.80, 1.02, abs(s)))
    blend_colour(pixel, lash, band)


@kernel
def compose_eye(
    canvas: np.ndarray,
    cover: np.ndarray,
    left: int,
    top: int,
    frame: np.ndarray,
    edges: np.ndarray,
    to_photo: np.ndarray,
    white: np.ndarray,
    iris: np.ndarray,
    shift: np.ndarray,
    skin: np.ndarray,
    grain: np.ndarray,
    lash: np.ndarray,
    strengths: np.ndarray,
) -> None:
    """Draw one eye onto *canvas*.

    Args:
        canvas: [h, w, 3] the part of the frame in the eye's box, changed in place.
        cover: [h, w] part of each pixel inside the opening.
        left: first column of the box.
        top: first row of the box.
        frame: the opening's frame [6].
        edges: [2, n] heights, cm, of the fold over the upper lid and of the lid's edge.
        to_photo: [6] affine map of the frame's pixels into the layers.
        white: [., ., 3] the eye without its iris.
        iris: [., ., 4] the iris.
        shift: [2] how far the iris has moved, px of the layers.
        skin: [6, n] colour of the closed lid along the eye, then that over its fold.
        grain: [g, g] relative structure of the skin.
        lash: [3] colour of the lashes.
        strengths: [STRENGTHS].
    """
    rows, columns, _ = canvas.shape
    last = edges.shape[1] - 1
    colour, layer = np.empty(3), np.empty(4)
    tone, high = np.empty(3), np.empty(3)
    closing, softness, scale = strengths[CLOSING], strengths[SOFTNESS], strengths[GRAIN_SCALE]
    lid = smooth_step(0.08, 0.50, closing)
    shut = smooth_step(0.60, 0.95, closing)
    lashes = smooth_step(0.10, 0.60, closing) * strengths[LASH]
    for y in range(rows):
        for x in range(columns):
            column, row = x + left, y + top
            px, py = column - frame[0], row - frame[1]
            s = (px * frame[2] + py * frame[3]) / frame[4]
            t = (py * frame[2] - px * frame[3]) / frame[5]
            if abs(s) > 1.1:
                continue
            place = min(max((s + 1.0) * 0.5, 0.0), 1.0) * last
            fold, edge = read_table(edges[0], place), read_table(edges[1], place)
            for k in range(3):
                tone[k] = read_table(skin[k], place)
                high[k] = read_table(skin[3 + k], place)
            below, pixel = t - edge, canvas[y, x]
            u = to_photo[0] * column + to_photo[1] * row + to_photo[2]
            v = to_photo[3] * column + to_photo[4] * row + to_photo[5]
            part = cover[y, x] * strengths[BALL]
            if part > 0.0:
                _draw_ball(pixel, u, v, shift, white, iris, below, closing, part, layer, colour)
            if lid > 0.0 and edge - fold > 0.02 and t > fold - 0.2:
                grain_u = abs(int((s * frame[4] / frame[5] + 8.0) * scale)) % grain.shape[1]
                grain_v = abs(int((t + 8.0) * scale)) % grain.shape[0]
                _draw_lid(pixel, tone, high, s, t, fold, edge, softness, lid,
                          grain[grain_v, grain_u])  # fmt: skip
            if shut > 0.0 and -0.15 < below < 0.4:
                read_texture(iris, u, v, layer)
                _cover_rest(pixel, tone, s, below, layer[3], shut)
            if lashes > 0.0 and -0.25 < below < 0.4:
                _draw_lashes(pixel, lash, s, below, strengths[LASH_WIDTH], softness, lashes)
