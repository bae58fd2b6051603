"""The animation parameters of a puppet: names, ranges and units, in one fixed order.

A frame of animation is one float32 vector [P] over :data:`PARAMETERS`; a clip is
[T, P]. The same vector drives the renderer, is stored as ground truth beside every
clip, and is the code space of the ``mesh`` generator.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["INDEX", "PARAMETERS", "Parameter", "check_parameters", "neutral", "parameters_from"]


@attrs.frozen(kw_only=True)
class Parameter:
    """One animation parameter."""

    name: str
    """The name used in code, recipes and ground-truth files."""
    group: str
    """What moves: lips, face, eyes or pose."""
    low: float
    """The lowest value the renderer accepts."""
    high: float
    """The highest value the renderer accepts."""
    unit: str
    """``1`` for a blend weight, ``deg`` or ``cm`` otherwise."""
    meaning: str
    """What the value means, with the sign convention, in one line."""


def _weight(name: str, group: str, meaning: str) -> Parameter:
    return Parameter(name=name, group=group, low=0.0, high=1.0, unit="1", meaning=meaning)


def _signed(name: str, group: str, bound: float, unit: str, meaning: str) -> Parameter:
    return Parameter(name=name, group=group, low=-bound, high=bound, unit=unit, meaning=meaning)


PARAMETERS: tuple[Parameter, ...] = (
    _weight("jaw", "lips", "jaw opening; 1 turns the jaw by 13 degrees"),
    _weight("part", "lips", "lips apart at a given jaw opening"),
    _weight("round", "lips", "lips rounded and protruded, as in 'oo'"),
    _weight("spread", "lips", "mouth corners drawn apart, as in 'ee'"),
    _weight("press", "lips", "lips pressed together, as in p, b and m"),
    _weight("fv", "lips", "lower lip against the upper teeth, as in f and v"),
    _weight("lip_up", "lips", "upper lip raised"),
    _weight("tongue", "lips", "tongue tip raised to the teeth, as in t, d, n, l and th"),
    _weight("smile", "face", "mouth corners up, cheeks raised"),
    _weight("frown", "face", "mouth corners down"),
    _weight("brow_up", "face", "both eyebrows raised"),
    _weight("brow_in", "face", "eyebrows drawn together and down"),
    _weight("squint", "face", "lower lids raised"),
    _weight("blink_l", "eyes", "lid closure of the eye at the left of the image; 1 is closed"),
    _weight("blink_r", "eyes", "lid closure of the eye at the right of the image; 1 is closed"),
    _signed(
        "gaze_x", "eyes", 22.0, "deg", "eye direction; positive looks to the right of the image"
    ),
    _signed("gaze_y", "eyes", 14.0, "deg", "eye direction; positive looks up"),
    _signed(
        "yaw", "pose", 40.0, "deg", "head turn; positive turns the nose to the right of the image"
    ),
    _signed("pitch", "pose", 30.0, "deg", "head nod; positive looks up"),
    _signed("roll", "pose", 30.0, "deg", "head tilt; positive turns clockwise in the image"),
    _signed("tx", "pose", 5.0, "cm", "head shift; positive to the right of the image"),
    _signed("ty", "pose", 5.0, "cm", "head shift; positive up"),
    _signed("tz", "pose", 8.0, "cm", "head shift; positive towards the camera"),
)
"""Every animation parameter; the order is part of the stored format."""

_ROUNDING = 1e-4
"""A value that float32 puts just outside its range is not a mistake."""
_LOW = np.array([parameter.low - _ROUNDING for parameter in PARAMETERS], np.float32)
_HIGH = np.array([parameter.high + _ROUNDING for parameter in PARAMETERS], np.float32)

INDEX: Mapping[str, int] = {parameter.name: i for i, parameter in enumerate(PARAMETERS)}
"""Column of each parameter in a [T, P] array."""


def neutral(frames: int) -> NDArray[np.float32]:
    """Parameters [T, P] of a still, closed, forward-looking face (all zero)."""
    return np.zeros((frames, len(PARAMETERS)), np.float32)


def parameters_from(**values: float) -> NDArray[np.float32]:
    """One parameter vector [P] with the named values set and the rest at rest.

    Raises:
        InputError: a name does not exist or a value is out of range.
    """
    vector: NDArray[np.float32] = neutral(1)[0]
    for name, value in values.items():
        if name not in INDEX:
            raise InputError(
                compose("no such puppet parameter", given=name, name=name, choices=INDEX)
            )
        vector[INDEX[name]] = value
    check_parameters(vector)
    return vector


def check_parameters(values: NDArray[np.float32]) -> None:
    """Raise InputError, naming the parameter, if a value in [..., P] is out of range or NaN."""
    if values.shape[-1] != len(PARAMETERS):
        raise InputError(
            compose(
                "puppet parameters have the wrong size",
                expected=f"[..., {len(PARAMETERS)}]",
                given=values.shape,
            )
        )
    inside = (values >= _LOW) & (values <= _HIGH)  # not for NaN
    if inside.all():
        return
    index = int(np.argwhere(~inside)[0][-1])
    parameter, column = PARAMETERS[index], values[..., index]
    raise InputError(
        compose(
            f"puppet parameter {parameter.name} is out of range",
            expected=f"{parameter.low:g} to {parameter.high:g} {parameter.unit}",
            given=float(np.ravel(column[~inside[..., index]])[0]),
        )
    )
