"""Who a puppet is: shape, skin, hair, clothes and light, as named and bounded values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs
import numpy as np
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet import palettes
from styletalker.plugins.puppet.palettes import RGB

__all__ = ["Identity", "bounds"]

_Attribute = attrs.Attribute


def _check_number(_identity: Identity, attribute: _Attribute[Any], value: float) -> None:
    low, high = attribute.metadata["low"], attribute.metadata["high"]
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise InputError(
            compose(
                f"identity field {attribute.name} is not usable",
                expected=f"a number from {low:g} to {high:g}",
                given=value,
            )
        )


def _check_choice(_identity: Identity, attribute: _Attribute[str], value: str) -> None:
    if value not in attribute.metadata["choices"]:
        problem = f"identity field {attribute.name} has no such value"
        choices = attribute.metadata["choices"]
        raise InputError(compose(problem, given=value, name=str(value), choices=choices))


def _check_colour(_identity: Identity, attribute: _Attribute[RGB], value: RGB) -> None:
    numbers = [part for part in value if isinstance(part, (int, float)) and 0.0 <= part <= 1.0]
    if len(value) != 3 or len(numbers) != 3:
        raise InputError(
            compose(
                f"identity field {attribute.name} is not a colour",
                expected="three numbers from 0 to 1",
                given=value,
            )
        )


def _to_colour(value: object) -> RGB:
    if not isinstance(value, (list, tuple)):
        return (-1.0, -1.0, -1.0)  # refused by the validator, which names the field
    return cast(RGB, tuple(value))  # the validator checks the length


def _number(default: float, low: float, high: float) -> float:
    field: float = attrs.field(
        default=default, validator=_check_number, metadata={"low": low, "high": high}
    )
    return field


def _choice(default: str, choices: tuple[str, ...]) -> str:
    field: str = attrs.field(
        default=default, validator=_check_choice, metadata={"choices": choices}
    )
    return field


def _colour(red: float, green: float, blue: float) -> RGB:
    default: RGB = (red, green, blue)
    field: RGB = attrs.field(default=default, validator=_check_colour, converter=_to_colour)
    return field


@attrs.frozen(kw_only=True)
class Identity:
    """Everything about a puppet that does not move; all fields have an average default."""

    seed: int = attrs.field(default=0, validator=_check_number, metadata={"low": 0, "high": 2**31})
    """Seed of the skin, hair and backdrop noise; 0 to 2**31."""
    age: float = _number(0.25, 0.0, 1.0)
    """Adult age, 0 (20 years) to 1 (80 years): folds, thinner lips, drooping lids."""
    child: float = _number(0.0, 0.0, 1.0)
    """Child proportions, 0 (adult) to 1 (about 6 years): short lower face, thin neck."""

    face_width: float = _number(1.0, 0.89, 1.10)
    """Width of the skull, ratio to the average."""
    face_length: float = _number(1.0, 0.93, 1.07)
    """Height of the face below the eyes, ratio to the average."""
    jaw_width: float = _number(1.0, 0.82, 1.14)
    """Width of the lower jaw, ratio to the average."""
    chin_length: float = _number(0.0, -0.8, 0.8)
    """Lengthening of the chin, cm."""
    chin_width: float = _number(1.0, 0.6, 1.5)
    """Width of the chin's boss, ratio to the average."""
    cheek_fullness: float = _number(0.35, -0.3, 1.0)
    """Roundness of the cheeks, -0.3 (hollow) to 1 (full)."""
    cheekbone: float = _number(0.5, 0.0, 1.0)
    """Prominence of the cheekbones, 0 to 1."""
    brow_ridge: float = _number(0.35, 0.0, 1.0)
    """Prominence of the bone over the eyes, 0 to 1."""
    nose_width: float = _number(1.0, 0.76, 1.36)
    """Width of the nose, ratio to the average."""
    nose_length: float = _number(0.0, -0.6, 0.5)
    """Lengthening of the nose downwards, cm."""
    nose_projection: float = _number(1.0, 0.70, 1.26)
    """How far the nose stands out, ratio to the average."""
    nose_bridge: float = _number(0.1, -0.4, 0.65)
    """Height of the nose's bridge, cm over the average."""
    eye_size: float = _number(1.08, 0.95, 1.24)
    """Size of eyes and lids, ratio to an anatomical average."""
    eye_opening: float = _number(1.0, 0.82, 1.2)
    """Height of the eye opening, ratio to the average."""
    eye_separation: float = _number(0.0, -0.28, 0.32)
    """Sideways shift of each eye, cm; positive sets the eyes apart."""
    eye_tilt: float = _number(2.0, -7.0, 9.0)
    """Slant of the eyes, degrees; positive raises the outer corners."""
    lid_crease: float = _number(0.7, 0.0, 1.0)
    """Crease of the upper lid, 0 (none, monolid) to 1 (deep)."""
    lid_hood: float = _number(0.2, 0.0, 1.0)
    """Skin hanging over the upper lid, 0 to 1."""
    eye_bags: float = _number(0.2, 0.0, 1.0)
    """Bags and shade under the eyes, 0 to 1."""
    brow_height: float = _number(0.0, -0.30, 0.42)
    """Shift of the eyebrows, cm; positive is up."""
    brow_thickness: float = _number(1.0, 0.45, 1.75)
    """Thickness of the eyebrows, ratio to the average."""
    brow_arch: float = _number(0.2, -0.2, 0.6)
    """Curvature of the eyebrows, cm of rise."""
    brow_tilt: float = _number(0.0, -0.35, 0.35)
    """Slant of the eyebrows, cm from inner to outer end; positive raises the outer end."""
    brow_density: float = _number(0.8, 0.35, 1.0)
    """Covering of the eyebrows, 0.35 (sparse) to 1 (full)."""
    upper_lip: float = _number(1.0, 0.5, 1.45)
    """Height of the upper lip's red, ratio to the average."""
    lower_lip: float = _number(1.0, 0.55, 1.45)
    """Height of the lower lip's red, ratio to the average."""
    mouth_width: float = _number(1.0, 0.84, 1.14)
    """Width of the mouth, ratio to the average."""
    mouth_height: float = _number(0.0, -0.3, 0.35)
    """Shift of the mouth, cm; positive is up."""
    ear_size: float = _number(1.0, 0.85, 1.2)
    """Size of the ears, ratio to the average."""
    neck_width: float = _number(1.0, 0.82, 1.15)
    """Width of the neck, ratio to the average."""

    melanin: float = _number(0.3, 0.0, 1.0)
    """Skin colour, 0 (pale) to 1 (very dark)."""
    ruddiness: float = _number(0.0, -1.0, 1.0)
    """Hue of the skin, -1 (olive) to 1 (rosy)."""
    freckles: float = _number(0.0, 0.0, 1.0)
    """Density of freckles, 0 to 1; they show on light skin."""
    lip_redness: float = _number(0.4, 0.0, 1.0)
    """Colour of the lips, 0 (like the skin) to 1 (red)."""
    makeup: float = _number(0.0, 0.0, 1.0)
    """Lipstick, eye shadow, lashes and blush, 0 to 1."""
    eye_colour: str = _choice("brown", tuple(palettes.EYE_COLOURS))
    """Colour of the irises."""

    hair: str = _choice("short", palettes.HAIR)
    """Hair style."""
    hair_colour: str = _choice("brown", tuple(palettes.HAIR_COLOURS))
    """Colour of hair, eyebrows and beard."""
    hair_volume: float = _number(1.0, 0.7, 1.35)
    """Thickness of the hair, ratio to the style's average."""
    hair_length: float = _number(0.4, 0.0, 1.0)
    """Length of falling hair, 0 to 1 within the style's range."""
    hair_recession: float = _number(0.0, 0.0, 1.0)
    """Receding of the hairline at the temples, 0 to 1."""
    beard: str = _choice("none", palettes.BEARDS)
    """Beard style."""
    beard_density: float = _number(0.8, 0.4, 1.0)
    """Covering of the beard, 0.4 to 1."""
    headwear: str = _choice("none", palettes.HEADWEAR)
    """Covering of the head."""
    headwear_rgb: tuple[float, float, float] = _colour(0.20, 0.06, 0.08)
    """Colour of the head covering, linear RGB, 0 to 1."""
    glasses: str = _choice("none", palettes.GLASSES)
    """Shape of the glasses."""
    glasses_rgb: tuple[float, float, float] = _colour(0.02, 0.02, 0.022)
    """Colour of the glasses' frame, linear RGB, 0 to 1."""

    clothes: str = _choice("crew", palettes.CLOTHES)
    """Kind of clothes."""
    clothes_rgb: tuple[float, float, float] = _colour(0.05, 0.10, 0.22)
    """Colour of the clothes, linear RGB, 0 to 1."""
    accent_rgb: tuple[float, float, float] = _colour(0.75, 0.74, 0.72)
    """Colour of a pattern, an inner shirt or a tie, linear RGB, 0 to 1."""
    pattern: str = _choice("plain", palettes.PATTERNS)
    """Pattern of the clothes."""
    backdrop: str = _choice("plain", palettes.BACKDROPS)
    """Kind of background."""
    backdrop_rgb: tuple[float, float, float] = _colour(0.20, 0.26, 0.33)
    """Colour of the background, linear RGB, 0 to 1."""

    key_azimuth: float = _number(-35.0, -55.0, 55.0)
    """Direction of the main light, degrees; positive comes from the right of the image."""
    key_elevation: float = _number(30.0, 12.0, 48.0)
    """Height of the main light over the eyes, degrees."""
    key_strength: float = _number(1.0, 0.85, 1.12)
    """Brightness of the main light, ratio to the average."""
    warmth: float = _number(0.2, -1.0, 1.0)
    """Colour of the main light, -1 (cold) to 1 (warm)."""

    @classmethod
    def sample(
        cls, rng: np.random.Generator, *, feminine: bool | None = None, **fixed: object
    ) -> Identity:
        """A random identity with plausible combinations; *fixed* fields keep their value.

        Looks are *feminine* or not as given, else as *rng* decides.

        Raises:
            InputError: a fixed field does not exist or has an unusable value.
        """
        from styletalker.plugins.puppet.sampling import sample_fields

        return cls.from_dict({**sample_fields(rng, feminine=feminine), **fixed})

    def to_dict(self) -> dict[str, Any]:
        """All fields as numbers, texts and lists, ready for JSON."""
        values = attrs.asdict(self)
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Identity:
        """The identity of *values*; fields that are not given keep their default.

        Raises:
            InputError: a field does not exist or has an unusable value.
        """
        names = attrs.fields_dict(cls)
        for name in values:
            if name not in names:
                raise InputError(
                    compose("no such identity field", given=name, name=name, choices=names)
                )
        return cls(**values)


def bounds() -> dict[str, tuple[float, float]]:
    """Lowest and highest value of every numeric identity field."""
    return {
        field.name: (field.metadata["low"], field.metadata["high"])
        for field in attrs.fields(Identity)
        if "low" in field.metadata
    }
