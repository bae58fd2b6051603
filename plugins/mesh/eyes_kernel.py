"""Eyeball, upper lid and lashes of one eye, pixel by pixel."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.mesh.paint import kernel

__all__ = ["compose_eye"]


@kernel
def _smooth(start: float, stop: float, x: float) -> float:
    t = min(max((x - start) / (stop - start), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@kernel
def _read(texture: np.ndarray, u: float, v: float, colour: np.ndarray) -> None:
    rows, columns, channels = texture.shape
    u, v = min(max(u, 0.0), columns - 1.001), min(max(v, 0.0), rows - 1.001)
    i, j = int(v), int(u)
    p, q = v - i, u - j
    for k in range(channels):
        above = texture[i, j, k] * (1 - q) + texture[i, j + 1, k] * q
        below = texture[i + 1, j, k] * (1 - q) + texture[i + 1, j + 1, k] * q
        colour[k] = above * (1 - p) + below * p


@kernel
def compose_eye(
    canvas: np.ndarray,
    cover: np.ndarray,
    left: int,
    top: int,
    frame: np.ndarray,
    upper_edge: np.ndarray,
    lower_edge: np.ndarray,
    crease: np.ndarray,
    to_photo: np.ndarray,
    white: np.ndarray,
    iris: np.ndarray,
    shift: np.ndarray,
    ball: float,
    closing: float,
    skin: np.ndarray,
    grain: np.ndarray,
    grain_scale: float,
    lash: np.ndarray,
    lash_strength: float,
    softness: float,
) -> None:
    """Draw one eye onto *canvas*.

    Args:
        canvas: [h, w, 3] the part of the frame in the eye's box, changed in place.
        cover: [h, w] part of each pixel inside the opening.
        left: first column of the box.
        top: first row of the box.
        frame: the opening's frame [6].
        upper_edge: [n] height of the upper lid's edge below the corners' line, cm.
        lower_edge: [n] of the lower lid's.
        crease: [n] of the fold over the upper lid, which stays in place.
        to_photo: [6] affine map of the frame's pixels into the layers.
        white: [., ., 3] the eye without its iris.
        iris: [., ., 4] the iris.
        shift: [2] how far the iris has moved, px of the layers.
        ball: 1 draws the eyeball, 0 leaves it.
        closing: how far the lids have closed, 0 to 1.
        skin: [n, 3] colour of the closed lid along the eye.
        grain: [g, g] relative structure of the skin.
        grain_scale: its pixels per cm.
        lash: [3] colour of the lashes.
        lash_strength: their density, 0 to 1.
        softness: width of edges, cm.
    """
    rows, columns, _ = canvas.shape
    count = upper_edge.shape[0]
    pale, dark, value = np.empty(3), np.empty(4), np.empty(3)
    side_grain = grain.shape[0]
    lid_in = _smooth(0.08, 0.50, closing)
    shut = _smooth(0.6, 0.95, closing)
    lash_in = _smooth(0.10, 0.60, closing)
    for y in range(rows):
        for x in range(columns):
            px, py = x + left - frame[0], y + top - frame[1]
            s = (px * frame[2] + py * frame[3]) / frame[4]
            t = (py * frame[2] - px * frame[3]) / frame[5]
            if s < -1.1 or s > 1.1:
                continue
            place = min(max((s + 1.0) * 0.5, 0.0), 1.0) * (count - 1)
            i = min(int(place), count - 2)
            share = place - i
            edge_u = upper_edge[i] * (1 - share) + upper_edge[i + 1] * share
            edge_l = lower_edge[i] * (1 - share) + lower_edge[i + 1] * share
            fold = crease[i] * (1 - share) + crease[i + 1] * share
            below = t - edge_u
            for k in range(3):
                value[k] = canvas[y, x, k]

            part = cover[y, x] * ball
            if part > 0.0:
                u = to_photo[0] * (x + left) + to_photo[1] * (y + top) + to_photo[2]
                v = to_photo[3] * (x + left) + to_photo[4] * (y + top) + to_photo[5]
                _read(white, u, v, pale)
                _read(iris, u - shift[0], v - shift[1], dark)
                light = 1.0 - 0.45 * closing * np.exp(-max(below, 0.0) / 0.14)
                for k in range(3):
                    eye = pale[k] + dark[3] * (dark[k] - pale[k])
                    value[k] += part * (eye * light - value[k])

            taper = 1.0 - _smooth(0.72, 1.02, abs(s))
            high = edge_u - fold  # height of the visible lid
            if lid_in > 0.0 and high > 0.02 and t > fold - 0.2:
                v_lid = min(max((t - fold) / high, 0.0), 1.0)
                cut = 1.0 - _smooth(-softness, softness, below)
                opacity = lid_in * taper * cut * _smooth(-0.1, 0.55, v_lid)
                if opacity > 0.0:
                    shape = 0.97 + 0.06 * np.sin(np.pi * min(v_lid * 1.1, 1.0))
                    shape -= 0.09 * _smooth(0.70, 1.0, v_lid) + 0.07 * s * s
                    gu = abs(int((s * frame[4] / frame[5] + 8.0) * grain_scale)) % side_grain
                    gv = abs(int((t + 8.0) * grain_scale)) % side_grain
                    shape *= 1.0 + grain[gv, gu]
                    for k in range(3):
                        tone = skin[i, k] * (1 - share) + skin[i + 1, k] * share
                        value[k] += opacity * (tone * shape - value[k])
                line = np.exp(-(((t - fold) / (0.06 + softness)) ** 2))
                for k in range(3):
                    value[k] *= 1.0 - lid_in * taper * line * (0.055 if k == 0 else 0.07)

            # white that landmarks left outside a lid must not look out from under it
            if shut > 0.0 and -0.05 < below < 0.4:
                tone_r = skin[i, 0] * (1 - share) + skin[i + 1, 0] * share
                tone_b = skin[i, 2] * (1 - share) + skin[i + 1, 2] * share
                warmth = (value[0] + 12.0) * (tone_b + 12.0) / ((value[2] + 12.0) * (tone_r + 12.0))
                u = to_photo[0] * (x + left) + to_photo[1] * (y + top) + to_photo[2]
                v = to_photo[3] * (x + left) + to_photo[4] * (y + top) + to_photo[5]
                _read(iris, u, v, dark)
                hidden = max(_smooth(0.93, 0.80, warmth), dark[3]) * shut
                hidden *= 1.0 - _smooth(0.25, 0.38, below)
                hidden *= 1.0 - _smooth(1.0, 1.1, abs(s))
                for k in range(3):
                    tone = skin[i, k] * (1 - share) + skin[i + 1, k] * share
                    value[k] += hidden * (0.95 * tone - value[k])

            if lash_in > 0.0 and -0.25 < below < 0.4:
                ends = 1.0 - _smooth(0.80, 1.02, abs(s))
                wide = (0.018 + 0.012 * (1.0 - s * s)) + 0.4 * softness
                over, under = min(below, 0.0) / wide, max(below - 0.02, 0.0) / (wide + 0.015)
                band = 0.75 * np.exp(-over * over - under * under)
                hairs = 0.5 + 0.5 * np.sin(37.0 * s + 5.0 * below + 2.0 * np.sin(11.0 * s))
                fringe = max(below, 0.0) / 0.11
                band += (0.08 + 0.20 * hairs) * np.exp(-fringe * fringe) * _smooth(
                    -0.05, 0.04, below
                )
                band = min(band, 1.0) * lash_in * lash_strength * ends
                for k in range(3):
                    value[k] += band * (lash[k] - value[k])
            for k in range(3):
                canvas[y, x, k] = value[k]
