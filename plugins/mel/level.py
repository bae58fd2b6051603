"""A running estimate of how loud somebody speaks, for features that do not depend on it."""

from __future__ import annotations

import math

import attrs
import torch
from styletalker.core.checks import check_shape
from styletalker.plugins.common.log_mel import FPS, LEVEL_FLOOR
from torch import Tensor

__all__ = ["Level", "running_level"]

_TINY = 1e-20
"""Keeps the first division finite, before anything was heard."""


@attrs.frozen(kw_only=True, eq=False)
class Level:
    """What has been heard so far: a decaying mean of power, weighted by activity."""

    power: Tensor
    """Weighted sum of power [B]."""
    weight: Tensor
    """Sum of the weights [B]; 0 before any speech."""

    @classmethod
    def nothing(cls, batch: int, device: torch.device) -> Level:
        """The state before a recording."""
        zeros = torch.zeros(batch, device=device)
        return cls(power=zeros, weight=zeros)


@torch.no_grad()
def running_level(power: Tensor, level: Level, memory_s: float) -> tuple[Tensor, Level]:
    """The loudness up to and including each frame.

    An exponential mean that is unbiased from the first frame on (the weights are summed, as in
    Adam's correction). A frame is weighted by its activity, power / (power + floor), and so is
    its decay: a pause neither lowers the level nor makes it forget. Hence a recording amplified
    by any factor has, above the floor, the same features.

    Args:
        power: mean power of each frame, [B, T].
        level: what was heard before.
        memory_s: time constant of the mean, in seconds of speech.

    Returns:
        The level of each frame [B, T], and the state after the last.
    """
    check_shape("power", power, "B T", B=len(level.power))
    keep = math.exp(-1 / (memory_s * FPS))
    activity = power / (power + LEVEL_FLOOR)  # [B, T]
    decay, gain = keep**activity, (1 - keep) * activity
    total, weight, levels = level.power, level.weight, [power[:, :0]]
    for t in range(power.shape[1]):
        total = decay[:, t] * total + gain[:, t] * power[:, t]
        weight = decay[:, t] * weight + gain[:, t]
        levels.append((total / weight.clamp(min=_TINY))[:, None])
    return torch.cat(levels, 1), Level(power=total, weight=weight)
