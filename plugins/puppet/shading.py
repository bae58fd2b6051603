"""Shading: the colour of one sample of a surface, and the picture made of all samples.

The model is a handful of lobes per material: wrapped diffuse light (skin wraps red further
than blue, which reads as light under the skin), one or two highlights, a rim, and a soft
shadow of the key light. All colours are linear until :func:`resolve` writes sRGB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.compiled import compiled
from styletalker.plugins.puppet.packing import AO, LIGHT, NORMAL, POINT, SCREEN, TANGENT, UV
from styletalker.plugins.puppet.parts import Material
from styletalker.plugins.puppet.raster import NOTHING

__all__ = ["SRGB", "resolve"]

_SKIN, _EYE, _TEETH, _GUM = (int(m) for m in list(Material)[:4])
_HAIR, _CLOTH = int(Material.HAIR), int(Material.CLOTH)

_SRGB_STEPS = 4096
_SAME_SURFACE = 0.6
"""Samples of one pixel whose depths differ by less, in cm, are shaded as one surface."""


def _srgb_table() -> NDArray[np.uint8]:
    linear = np.linspace(0, 1, _SRGB_STEPS + 1)
    curve = np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (np.clip(curve, 0, 1) * 255 + 0.5).astype(np.uint8)


SRGB: NDArray[np.uint8] = _srgb_table()
"""sRGB bytes of linear values from 0 to 1 in equal steps."""


@compiled
def _between(
    packed: np.ndarray, k: int, a: int, b: int, c: int, w0: float, w1: float, w2: float
) -> float:
    """Attribute *k* inside the triangle *a*, *b*, *c* at the weights *w0*, *w1*, *w2*."""
    value: float = w0 * packed[a, k] + w1 * packed[b, k] + w2 * packed[c, k]
    return value


@compiled
def _texel(texture: np.ndarray, row: int, column: int, u: float, v: float, k: int) -> float:
    """Channel *k* of the texture between four pixels, *u* to the right and *v* down."""
    above = (1 - u) * texture[row, column, k] + u * texture[row, column + 1, k]
    below = (1 - u) * texture[row + 1, column, k] + u * texture[row + 1, column + 1, k]
    value: float = (1 - v) * above + v * below
    return value


@compiled
def _lit(shadow: np.ndarray, x: float, y: float, z: float, bias: float) -> float:
    """Part of the key light that reaches a point of the shadow map, by nine soft tests."""
    column, row = int(x), int(y)
    if column < 2 or row < 2 or column >= shadow.shape[1] - 2 or row >= shadow.shape[0] - 2:
        return 1.0
    right, down = x - column, y - row
    total = 0.0
    for dy in range(-1, 2):
        weight_y = 1 - down if dy == -1 else (down if dy == 1 else 1.0)
        for dx in range(-1, 2):
            weight_x = 1 - right if dx == -1 else (right if dx == 1 else 1.0)
            behind = (shadow[row + dy, column + dx] - bias - z) * 2.5
            total += weight_x * weight_y * (1.0 - min(max(behind, 0.0), 1.0))
    return 0.25 * total


@compiled
def _shade(
    triangle: int,
    px: float,
    py: float,
    triangles: np.ndarray,
    material: np.ndarray,
    packed: np.ndarray,
    texture: np.ndarray,
    shadow: np.ndarray,
    directions: np.ndarray,
    colours: np.ndarray,
    distance: float,
    camera_y: float,
) -> tuple[float, float, float]:
    """Linear colour of *triangle* at the sample *px*, *py*."""
    a, b, c = triangles[triangle, 0], triangles[triangle, 1], triangles[triangle, 2]
    kind = material[triangle]
    x0, y0 = packed[a, SCREEN], packed[a, SCREEN + 1]
    dx1, dy1, dx2, dy2 = (
        packed[b, SCREEN] - x0,
        packed[b, SCREEN + 1] - y0,
        packed[c, SCREEN] - x0,
        packed[c, SCREEN + 1] - y0,
    )
    inverse = 1.0 / (dx1 * dy2 - dx2 * dy1)
    w1 = ((px - x0) * dy2 - dx2 * (py - y0)) * inverse
    w2 = (dx1 * (py - y0) - (px - x0) * dy1) * inverse
    # One sample stands for a pixel's four, so it may lie outside: the nearest point of the triangle
    # is shaded then. What is beyond a sliver's edge has no meaning and would be a black dot.
    w1 = min(max(w1, 0.0), 1.0)
    w2 = min(max(w2, 0.0), 1.0 - w1)
    w0 = 1.0 - w1 - w2

    nx = _between(packed, NORMAL, a, b, c, w0, w1, w2)
    ny = _between(packed, NORMAL + 1, a, b, c, w0, w1, w2)
    nz = _between(packed, NORMAL + 2, a, b, c, w0, w1, w2)
    scale = 1.0 / ((nx * nx + ny * ny + nz * nz) ** 0.5 + 1e-9)
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    vx = -_between(packed, POINT, a, b, c, w0, w1, w2)
    vy = camera_y - _between(packed, POINT + 1, a, b, c, w0, w1, w2)
    vz = distance - _between(packed, POINT + 2, a, b, c, w0, w1, w2)
    scale = 1.0 / (vx * vx + vy * vy + vz * vz) ** 0.5
    vx, vy, vz = vx * scale, vy * scale, vz * scale
    facing = nx * vx + ny * vy + nz * vz
    if facing < 0:
        if kind in (_HAIR, _CLOTH):
            nx, ny, nz, facing = -nx, -ny, -nz, -facing
        else:
            facing = 0.0

    u = _between(packed, UV, a, b, c, w0, w1, w2) * texture.shape[1] - 0.5
    v = _between(packed, UV + 1, a, b, c, w0, w1, w2) * texture.shape[0] - 0.5
    u = min(max(u, 0.0), texture.shape[1] - 1.001)
    v = min(max(v, 0.0), texture.shape[0] - 1.001)
    column, row = int(u), int(v)
    u, v = u - column, v - row
    red = _texel(texture, row, column, u, v, 0)
    green = _texel(texture, row, column, u, v, 1)
    blue = _texel(texture, row, column, u, v, 2)
    gloss = _texel(texture, row, column, u, v, 3)
    occlusion = _between(packed, AO, a, b, c, w0, w1, w2)

    lx, ly, lz = directions[0, 0], directions[0, 1], directions[0, 2]
    key = nx * lx + ny * ly + nz * lz
    lit = 1.0
    if key > -0.45:
        bias = (0.7 if kind == _HAIR else 0.35) + 0.5 * (1.0 - max(key, 0.0))
        lit = _lit(
            shadow,
            _between(packed, LIGHT, a, b, c, w0, w1, w2),
            _between(packed, LIGHT + 1, a, b, c, w0, w1, w2),
            _between(packed, LIGHT + 2, a, b, c, w0, w1, w2),
            bias,
        )
    fill = nx * directions[1, 0] + ny * directions[1, 1] + nz * directions[1, 2]
    rim = nx * directions[2, 0] + ny * directions[2, 1] + nz * directions[2, 2]
    hx, hy, hz = lx + vx, ly + vy, lz + vz
    half = 1.0 / (hx * hx + hy * hy + hz * hz) ** 0.5
    mirror = max((nx * hx + ny * hy + nz * hz) * half, 0.0)
    grazing = (1.0 - facing) ** 4

    albedo_r, albedo_g, albedo_b = red, green, blue
    shine = 0.0
    if kind == _SKIN:
        diffuse_r = max((key + 0.40) / 1.40, 0.0) * (lit + (1 - lit) * 0.30)
        diffuse_g = max((key + 0.24) / 1.24, 0.0) * (lit + (1 - lit) * 0.14)
        diffuse_b = max((key + 0.18) / 1.18, 0.0) * (lit + (1 - lit) * 0.11)
        square = mirror * mirror
        broad = square * square * square * square * square * square  # mirror ** 12
        narrow = broad * broad * broad * square * square  # mirror ** 40
        shine = gloss * ((broad * 0.085 + narrow * 0.085) * lit * max(key, 0.0) ** 0.5)
        shine += grazing * 0.05 * gloss
    elif kind in (_EYE, _TEETH):
        diffuse = max((key + 0.45) / 1.45, 0.0) * (0.45 + 0.55 * lit)
        diffuse_r = diffuse_g = diffuse_b = diffuse
        shine = gloss * (mirror**150 * 2.4 if kind == _EYE else mirror**40 * 0.4)
    elif kind == _HAIR:
        tx = _between(packed, TANGENT, a, b, c, w0, w1, w2)
        ty = _between(packed, TANGENT + 1, a, b, c, w0, w1, w2)
        tz = _between(packed, TANGENT + 2, a, b, c, w0, w1, w2)
        length = (tx * tx + ty * ty + tz * tz) ** 0.5 + 1e-6
        along = (tx * hx + ty * hy + tz * hz) * half / length + (gloss - 0.5) * 0.40
        diffuse = max((key + 0.35) / 1.35, 0.0) * (0.28 + 0.72 * lit) * (0.55 + 0.9 * gloss)
        diffuse_r = diffuse_g = diffuse_b = diffuse
        across = max(1.0 - along * along, 0.0)
        shine = across**36 * 0.22 * max(key + 0.3, 0.0) * lit * (0.25 + 1.5 * gloss)
    else:
        diffuse = max((key + 0.15) / 1.15, 0.0) * (0.12 + 0.88 * lit)
        diffuse_r = diffuse_g = diffuse_b = diffuse
        shine = gloss * mirror**30 * 0.35 * lit
    soft = max((fill + 0.3) / 1.3, 0.0)
    edge = max(rim, 0.0) * (0.25 + 0.75 * grazing)
    sky = 0.84 + 0.16 * ny
    if kind == _SKIN:
        sky += 0.45 * max(-ny, 0.0)  # light from chest and clothes
    red *= diffuse_r * colours[0, 0] + soft * colours[1, 0] + edge * colours[2, 0]
    green *= diffuse_g * colours[0, 1] + soft * colours[1, 1] + edge * colours[2, 1]
    blue *= diffuse_b * colours[0, 2] + soft * colours[1, 2] + edge * colours[2, 2]
    red += albedo_r * sky * colours[3, 0]
    green += albedo_g * sky * colours[3, 1]
    blue += albedo_b * sky * colours[3, 2]
    if kind == _HAIR:  # light that has gone through the strands is warm
        return (
            (red + 0.30 * shine) * occlusion,
            (green + 0.27 * shine) * occlusion,
            (blue + 0.24 * shine) * occlusion,
        )
    shine *= occlusion
    # Shade on skin is reddish: red keeps about its 0.8th power.
    warm = occlusion * (1.2 - 0.2 * occlusion) if kind == _SKIN else occlusion
    return (
        red * warm + shine * colours[0, 0],
        green * occlusion + shine * colours[0, 1],
        blue * occlusion + shine * colours[0, 2],
    )


@compiled
def _one_surface(
    seen: np.ndarray, depth: np.ndarray, material: np.ndarray, row: int, column: int, samples: int
) -> bool:
    """Whether the samples of the pixel that starts at *row*, *column* show one smooth surface."""
    first = seen[row, column]
    for j in range(samples):
        for i in range(samples):
            other = seen[row + j, column + i]
            if other < 0 or first < 0:
                if other != first:
                    return False
            else:
                step = abs(depth[row + j, column + i] - depth[row, column])
                if material[other] != material[first] or step > _SAME_SURFACE:
                    return False
    return True


@compiled
def resolve(
    seen: np.ndarray,
    depth: np.ndarray,
    samples: int,
    triangles: np.ndarray,
    material: np.ndarray,
    packed: np.ndarray,
    texture: np.ndarray,
    shadow: np.ndarray,
    directions: np.ndarray,
    colours: np.ndarray,
    distance: float,
    camera_y: float,
    background: np.ndarray,
    srgb: np.ndarray,
    image: np.ndarray,
) -> None:
    """Shade the samples of every pixel, average them and write sRGB bytes to *image*.

    Where all samples of a pixel lie on one surface, fewer stand for the four: one in the
    middle, or two on the diagonal on hair and eyes, which have the finest highlights. Edges
    keep their full smoothing and the rest costs a quarter to a half.
    """
    steps = srgb.shape[0] - 1
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            first = seen[y * samples, x * samples]
            uniform = _one_surface(seen, depth, material, y * samples, x * samples, samples)
            single = uniform and samples > 1
            if first >= 0 and material[first] in (_HAIR, _EYE):
                single = False
            middle = 0.5 * (samples - 1) if single else 0.0
            red, green, blue, count = 0.0, 0.0, 0.0, 0
            for j in range(samples):
                for i in range(samples):
                    if uniform and (i != j or (single and count > 0)):
                        continue
                    t = seen[y * samples + j, x * samples + i]
                    if t == NOTHING:
                        r, g, b = background[y, x, 0], background[y, x, 1], background[y, x, 2]
                    else:
                        r, g, b = _shade(
                            t, x * samples + i + 0.5 + middle, y * samples + j + 0.5 + middle,
                            triangles, material, packed, texture, shadow, directions, colours,
                            distance, camera_y,
                        )  # fmt: skip
                    # A soft shoulder before averaging, so highlights have smooth edges too.
                    red += r / (1.0 + 0.18 * r)
                    green += g / (1.0 + 0.18 * g)
                    blue += b / (1.0 + 0.18 * b)
                    count += 1
            scale = 1.1 * steps / count
            image[y, x, 0] = srgb[max(0, min(int(red * scale), steps))]
            image[y, x, 1] = srgb[max(0, min(int(green * scale), steps))]
            image[y, x, 2] = srgb[max(0, min(int(blue * scale), steps))]
