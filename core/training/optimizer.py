"""AdamW, its learning rate, and its moments as named tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from styletalker.core.errors import CheckpointError
from styletalker.core.training.config import OptimizerConfig
from torch import Tensor, nn

__all__ = ["learning_rate", "make_optimizer", "moments", "restore_moments"]


def make_optimizer(
    parameters: Mapping[str, nn.Parameter], config: OptimizerConfig, *, fused: bool
) -> torch.optim.AdamW:
    """AdamW for named parameters; those with two or more axes decay.

    Args:
        parameters: what to optimise.
        config: its options.
        fused: one kernel for all (not where gradients are scaled: float16).
    """
    matrices = [one for one in parameters.values() if one.dim() >= 2]
    vectors = [one for one in parameters.values() if one.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        fused=fused or None,
    )


def learning_rate(config: OptimizerConfig, step: int, steps: int) -> float:
    """The learning rate of *step* (from 0) of *steps*."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return config.learning_rate
    part = (step - config.warmup_steps) / max(steps - config.warmup_steps, 1)
    return config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * min(part, 1.0)))


def moments(
    optimizer: torch.optim.Optimizer, parameters: Mapping[str, nn.Parameter]
) -> dict[str, Tensor]:
    """The optimizer's state as ``PARAMETER/WHAT`` -> tensor."""
    return {
        f"{name}/{what}": torch.as_tensor(value)
        for name, parameter in parameters.items()
        for what, value in optimizer.state.get(parameter, {}).items()
    }


def restore_moments(
    optimizer: torch.optim.Optimizer,
    parameters: Mapping[str, nn.Parameter],
    tensors: Mapping[str, Tensor],
) -> None:
    """Set the optimizer's state to what :func:`moments` gave.

    Raises:
        CheckpointError: a tensor belongs to no parameter.
    """
    by_identity = {id(parameter): name for name, parameter in parameters.items()}
    order = [by_identity[id(one)] for group in optimizer.param_groups for one in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        name, _, what = key.rpartition("/")
        if name not in parameters:
            raise CheckpointError(f"optimizer state for {name}, which is not trained")
        state.setdefault(order.index(name), {})[what] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
