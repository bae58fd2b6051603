"""How much of each kind of movement is shown, where the generator knows which channel is which."""

from __future__ import annotations

import attrs
import torch
from styletalker.core.errors import InputError, compose
from styletalker.core.generation.manner import Manner
from styletalker.core.interfaces.generator import Generator, Parametric
from torch import Tensor

__all__ = ["gains"]


def gains(generator: Generator, manner: Manner) -> Tensor | None:
    """What each channel's change from the portrait is multiplied with, [L, D]; None for nothing.

    Raises:
        InputError: something else than 1 is asked of a generator whose codes mean nothing by
            themselves, or which has no such movement.
    """
    wanted = {name: value for name, value in attrs.asdict(manner).items() if value != 1.0}
    if not wanted:
        return None
    if not isinstance(generator, Parametric):
        problem = (
            f"{next(iter(wanted))} cannot be changed: this talker's codes do not tell it apart"
        )
        raise InputError(compose(problem, fix="Use motion_scale, or a talker such as for photos."))
    factors = torch.ones(generator.num_ws, generator.w_dim)
    controls = generator.controls
    for name, value in wanted.items():
        if name not in controls:
            raise InputError(compose("no such control", given=name, name=name, choices=controls))
        factors[torch.from_numpy(controls[name])] = value
    return factors
