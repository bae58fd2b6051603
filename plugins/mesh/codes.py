"""The codes of ``mesh``: animation parameters as change from the portrait, in units of their own.

A code has 24 channels. The first 23 are the puppet's animation parameters in their order, as
change from the portrait with its lips closed: no yaw is the portrait's own, and its smile is
part of the base. The last, ``own_mouth``, is 1 where the portrait's own mouth is shown as it is
and 0 where the lips are closed and shaped by the parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet.parameters import PARAMETERS

__all__ = ["CODES", "OWN_MOUTH", "W_DIM", "portrait_code", "to_codes", "to_parameters"]

CODES: tuple[str, ...] = (*(parameter.name for parameter in PARAMETERS), "own_mouth")
"""What each channel of a code means."""
W_DIM = len(CODES)
"""Channels of a code."""
OWN_MOUTH = W_DIM - 1
"""The channel of the portrait's own mouth."""

_UNITS = {"1": 1.0, "deg": 10.0, "cm": 1.0}
"""One unit of a code in the parameter's own unit: codes of speech are of the order of one."""
_SCALE = np.array([_UNITS[parameter.unit] for parameter in PARAMETERS], np.float32)
_LOW = np.array([parameter.low for parameter in PARAMETERS], np.float32)
_HIGH = np.array([parameter.high for parameter in PARAMETERS], np.float32)


def to_codes(parameters: NDArray[np.floating[Any]], own_mouth: float = 0.0) -> NDArray[np.float32]:
    """Codes [..., 24] of animation parameters [..., 23], all with the same *own_mouth*.

    Raises:
        InputError: the parameters have another number of channels.
    """
    values = _checked("parameters of mesh", np.asarray(parameters, np.float32), len(PARAMETERS))
    mouth = np.full((*values.shape[:-1], 1), own_mouth, np.float32)
    return np.concatenate([values / _SCALE, mouth], -1)


def to_parameters(
    codes: NDArray[np.floating[Any]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Animation parameters [..., 23], clipped to their ranges, and ``own_mouth`` [...], 0 to 1.

    A code that is not a number counts as 0.

    Raises:
        InputError: the codes have another number of channels.
    """
    values = np.nan_to_num(_checked("codes of mesh", np.asarray(codes, np.float32), W_DIM))
    parameters = np.clip(values[..., :OWN_MOUTH] * _SCALE, _LOW, _HIGH)
    return parameters, np.clip(values[..., OWN_MOUTH], 0.0, 1.0)


def portrait_code() -> NDArray[np.float32]:
    """The code [24] of every portrait: nothing changed, its own mouth."""
    code = np.zeros(W_DIM, np.float32)
    code[OWN_MOUTH] = 1.0
    return code


def _checked(what: str, values: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    if values.ndim == 0 or values.shape[-1] != channels:
        problem = f"{what} have the wrong shape"
        expected = f"[..., {channels}]"
        raise InputError(compose(problem, expected=expected, given=values.shape))
    return values
