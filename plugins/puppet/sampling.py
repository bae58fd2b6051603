"""Random identities: independent draws first, then the combinations that make people plausible."""

from __future__ import annotations

import colorsys
from typing import Any

import attrs
import numpy as np
from styletalker.plugins.puppet import palettes
from styletalker.plugins.puppet.identity import Identity, bounds
from styletalker.plugins.puppet.palettes import RGB

__all__ = ["sample_fields"]

_SPREAD = 0.31
"""Standard deviation of a field, as a part of its range: 89 % of the draws are inside and the
rest stands at its ends, so faces differ clearly."""
_CHILD_SHARE, _OLD_SHARE = 0.10, 0.16
"""Shares of children and of people over about 65: enough to be seen in a sheet of 48."""

_LONG_HAIR = ("bob", "long", "parted", "parted", "wavy", "bun", "fringe", "curly", "pixie")
_SHORT_HAIR = (
    "bald", "buzz", "crop", "short", "short", "quiff", "swept", "sidepart", "curly", "swept",
)  # fmt: skip
_COILED_HAIR = ("afro", "curly", "buzz", "afro", "bun", "crop")
_DARK = ("black", "black", "espresso", "dark_brown")
_ANY_COLOUR = tuple(palettes.HAIR_COLOURS)[:8]


def _hue(
    rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]
) -> RGB:
    red, green, blue = colorsys.hsv_to_rgb(
        rng.random(), float(rng.uniform(*saturation)), float(rng.uniform(*value))
    )
    return (red**2.2, green**2.2, blue**2.2)


def _pick(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _shape_by_sex(fields: dict[str, Any], feminine: bool) -> None:
    """Move the averages of the shape fields apart (the draws still overlap)."""
    if feminine:
        fields["jaw_width"] -= 0.06
        fields["brow_thickness"] *= 0.75
        fields["brow_ridge"] *= 0.3
        fields["upper_lip"] *= 1.08
        fields["eye_size"] *= 1.03
        fields["neck_width"] *= 0.9
        fields["brow_arch"] += 0.15
        fields["brow_height"] += 0.06
        fields["nose_width"] *= 0.95
        fields["chin_width"] *= 0.88
    else:
        fields["jaw_width"] += 0.03
        fields["brow_thickness"] *= 1.15
        fields["brow_height"] -= 0.05
        fields["makeup"] = 0.0


def _shape_by_skin(fields: dict[str, Any]) -> None:
    dark = fields["melanin"] - 0.4
    fields["nose_width"] += 0.12 * dark
    fields["upper_lip"] += 0.2 * dark
    fields["lower_lip"] += 0.2 * dark


def _as_child(fields: dict[str, Any], rng: np.random.Generator) -> None:
    fields.update(
        child=float(rng.uniform(0.5, 1.0)),
        age=0.0,
        beard="none",
        makeup=0.0,
        eye_bags=0.0,
        hair_recession=0.0,
        brow_ridge=0.0,
        cheekbone=0.15,
        cheek_fullness=float(rng.uniform(0.6, 1.0)),
        nose_length=float(rng.uniform(-0.5, -0.25)),
        nose_projection=float(rng.uniform(0.74, 0.86)),
        nose_bridge=-0.1,
        eye_size=float(rng.uniform(1.14, 1.24)),
        brow_thickness=float(rng.uniform(0.55, 0.85)),
        neck_width=0.82,
        jaw_width=float(rng.uniform(0.9, 1.0)),
        chin_width=0.9,
        chin_length=float(rng.uniform(-0.5, -0.2)),
    )
    if fields["hair"] in ("bald", "buzz", "crop", "swept"):
        fields["hair"] = "fringe"


def _as_old(fields: dict[str, Any], rng: np.random.Generator) -> None:
    fields.update(
        age=float(rng.uniform(0.75, 1.0)),
        hair_colour=_pick(rng, ("grey", "white", "grey")),
        lid_hood=float(rng.uniform(0.4, 1.0)),
        eye_bags=float(rng.uniform(0.5, 1.0)),
        ear_size=float(rng.uniform(1.05, 1.2)),
    )
    fields["upper_lip"] *= 0.8


def sample_fields(rng: np.random.Generator, *, feminine: bool | None = None) -> dict[str, Any]:
    """Values of every field of an :class:`Identity`, drawn from *rng*."""
    defaults = attrs.asdict(Identity())
    fields: dict[str, Any] = {}
    limits = bounds()
    for name, (low, high) in limits.items():
        fields[name] = float(rng.normal(defaults[name], _SPREAD * (high - low)))
    fields["seed"] = int(rng.integers(2**31))
    fields["child"] = 0.0
    fields["age"] = float(rng.beta(1.3, 2.2))
    fields["melanin"] = float(rng.random() ** 1.25)
    fields["makeup"] = float(max(rng.normal(0.25, 0.35), 0.0))
    fields["freckles"] = float(rng.random() if rng.random() < 0.3 else 0.0)
    fields["lid_crease"] = float(rng.uniform(0.0, 1.0) ** 0.6)
    fields["lid_hood"] = float(rng.uniform(0.0, 0.7))
    fields["eye_bags"] = float(np.clip(0.6 * fields["age"] + rng.normal(0.0, 0.15), 0.0, 1.0))
    fields["key_azimuth"] = float(rng.uniform(15.0, 52.0) * rng.choice([-1.0, 1.0]))
    fields["hair_recession"] = float(np.clip(fields["age"] * rng.uniform(0.2, 1.3), 0.0, 1.0))

    drawn = bool(rng.random() < 0.5)
    feminine = drawn if feminine is None else feminine
    _shape_by_sex(fields, feminine)
    _shape_by_skin(fields)
    if feminine:
        fields["hair_recession"] *= 0.2
    coiled = fields["melanin"] > 0.7 and rng.random() < 0.6
    fields["hair"] = _pick(rng, _COILED_HAIR if coiled else _LONG_HAIR if feminine else _SHORT_HAIR)
    dark = fields["melanin"] > 0.5
    fields["hair_colour"] = _pick(rng, _DARK if dark else _ANY_COLOUR)
    fields["eye_colour"] = _pick(
        rng, ("brown", "dark", "hazel") if dark else tuple(palettes.EYE_COLOURS)
    )
    beards = ("none", "none", "none", *palettes.BEARDS[1:])
    fields["beard"] = "none" if feminine else _pick(rng, beards)
    if rng.random() < _CHILD_SHARE:
        _as_child(fields, rng)
    elif rng.random() < _OLD_SHARE:
        _as_old(fields, rng)

    covered = rng.random()
    fields["headwear"] = "none"
    if covered < 0.08:
        fields["headwear"] = "beanie"
    elif feminine and covered < 0.20:
        fields["headwear"] = "scarf"
    fields["headwear_rgb"] = _hue(rng, (0.1, 0.7), (0.2, 0.85))
    fields["glasses"] = _pick(rng, ("none",) * 6 + ("round", "square"))
    frames: tuple[RGB, ...] = (
        (0.02, 0.02, 0.022), (0.10, 0.04, 0.02), (0.25, 0.22, 0.18), (0.03, 0.04, 0.10),
    )  # fmt: skip
    fields["glasses_rgb"] = frames[int(rng.integers(len(frames)))]
    fields["clothes"] = _pick(rng, palettes.CLOTHES)
    fields["clothes_rgb"] = _hue(rng, (0.08, 0.66), (0.2, 0.85))
    fields["accent_rgb"] = (
        (0.75, 0.74, 0.72) if rng.random() < 0.5 else _hue(rng, (0.1, 0.6), (0.3, 0.9))
    )
    fields["pattern"] = _pick(rng, ("plain", *palettes.PATTERNS))
    fields["backdrop"] = _pick(rng, palettes.BACKDROPS)
    fields["backdrop_rgb"] = _hue(rng, (0.04, 0.38), (0.32, 0.88))
    for name, (low, high) in limits.items():
        fields[name] = min(max(fields[name], low), high)
    return fields
