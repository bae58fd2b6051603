"""How a corpus's animation parameters become codes of ``mesh``, and which channel is which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.plugins.mesh.codes import CODES, W_DIM, portrait_code, to_codes, to_parameters
from styletalker.plugins.puppet.parameters import PARAMETERS

__all__ = ["ParameterCodes"]

_POSE = np.array([parameter.group == "pose" for parameter in PARAMETERS])
_GROUPS = tuple(dict.fromkeys(parameter.group for parameter in PARAMETERS))


class ParameterCodes:
    """What makes a generator :class:`~styletalker.core.interfaces.generator.Parametric`."""

    def codes_of(
        self, parameters: NDArray[np.float32], names: Sequence[str]
    ) -> NDArray[np.float32]:
        """Codes [T, 1, 24] of a clip's animation parameters [T, P].

        The pose is taken relative to its median over the clip: a portrait has the pose that its
        person has most of the time, and codes are changes from the portrait.

        Raises:
            InputError: *names* lacks a parameter of the puppet.
        """
        missing = [one.name for one in PARAMETERS if one.name not in names]
        if missing:
            raise InputError(compose("the corpus lacks an animation parameter", given=missing[0]))
        values = parameters[:, [list(names).index(one.name) for one in PARAMETERS]]
        middle = np.where(_POSE, np.median(values, 0), 0).astype(np.float32)
        return to_codes(values - middle)[:, None]

    def parameters_of(
        self, codes: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Animation parameters [T, P] of codes [T, 1, 24], within their ranges, and their names."""
        values, _ = to_parameters(codes[:, 0])
        return values, tuple(parameter.name for parameter in PARAMETERS)

    def rest_code(self) -> NDArray[np.float32]:
        """The code [1, 24] of any portrait."""
        return portrait_code()[None]

    def channels_of(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which channels [1, 24] hold parameters of these names or groups.

        Raises:
            InputError: there is no such parameter or group.
        """
        found = np.zeros(W_DIM, np.bool_)
        for name in names:
            if name not in CODES and name not in _GROUPS:
                choices = [*_GROUPS, *CODES]
                raise InputError(
                    compose("no such parameter", given=name, name=name, choices=choices)
                )
            found |= np.array([name == one for one in CODES])
            groups = [*(one.group for one in PARAMETERS), ""]
            found |= np.array([name == one for one in groups])
        return found[None]

    @property
    def controls(self) -> Mapping[str, NDArray[np.bool_]]:
        """Channels [1, 24] of what users scale."""
        kinds = {
            "pose": ("pose",),
            "blink": ("blink_l", "blink_r"),
            "gaze": ("gaze_x", "gaze_y"),
            "expression": ("face",),
        }
        return {name: self.channels_of(parts) for name, parts in kinds.items()}
