"""The named colours and styles an identity is made of (colours are linear RGB, 0 to 1)."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "BACKDROPS",
    "BEARDS",
    "CLOTHES",
    "EYE_COLOURS",
    "GLASSES",
    "HAIR",
    "HAIR_COLOURS",
    "HEADWEAR",
    "PATTERNS",
    "RGB",
    "SKIN_TONES",
]

RGB = tuple[float, float, float]

EYE_COLOURS: Mapping[str, RGB] = {
    "brown": (0.23, 0.13, 0.07),
    "hazel": (0.30, 0.18, 0.09),
    "dark": (0.15, 0.085, 0.05),
    "blue": (0.13, 0.24, 0.36),
    "grey": (0.22, 0.28, 0.32),
    "green": (0.14, 0.21, 0.12),
    "amber": (0.27, 0.20, 0.09),
}

HAIR_COLOURS: Mapping[str, RGB] = {
    "black": (0.018, 0.015, 0.014),
    "espresso": (0.035, 0.022, 0.015),
    "dark_brown": (0.065, 0.036, 0.021),
    "brown": (0.12, 0.065, 0.034),
    "light_brown": (0.23, 0.135, 0.066),
    "dark_blond": (0.36, 0.24, 0.12),
    "blond": (0.53, 0.39, 0.215),
    "red": (0.27, 0.085, 0.030),
    "grey": (0.34, 0.33, 0.32),
    "white": (0.60, 0.59, 0.57),
}

SKIN_TONES: tuple[RGB, ...] = (
    (0.84, 0.585, 0.475),
    (0.74, 0.475, 0.350),
    (0.55, 0.315, 0.205),
    (0.30, 0.150, 0.088),
    (0.160, 0.080, 0.050),
)
"""Skin albedo at melanin 0, 0.25, 0.5, 0.75 and 1."""

HAIR: tuple[str, ...] = (
    "bald",
    "buzz",
    "crop",
    "short",
    "quiff",
    "swept",
    "sidepart",
    "fringe",
    "curly",
    "afro",
    "pixie",
    "bob",
    "long",
    "parted",
    "wavy",
    "bun",
)

BEARDS: tuple[str, ...] = ("none", "stubble", "full", "short", "goatee", "moustache")
CLOTHES: tuple[str, ...] = ("crew", "vneck", "turtleneck", "shirt", "jacket", "hoodie")
PATTERNS: tuple[str, ...] = ("plain", "stripes", "checks", "knit")
GLASSES: tuple[str, ...] = ("none", "round", "square")
HEADWEAR: tuple[str, ...] = ("none", "beanie", "scarf")
BACKDROPS: tuple[str, ...] = ("plain", "mottled", "bokeh")
