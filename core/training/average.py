"""A running average of weights (EMA): smoother than the weights of any one step."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["WeightAverage", "copy_of"]


def copy_of(module: nn.Module, device: torch.device | str) -> nn.Module:
    """A copy of a module on *device*: float32, eval mode, no gradients."""
    copied = copy.deepcopy(module).to(device).eval().requires_grad_(requires_grad=False)
    for parameter in copied.parameters():
        if parameter.is_floating_point():
            parameter.data = parameter.data.float()
    return copied


class WeightAverage:
    """Averages the parameters of modules; buffers are copied as they are."""

    def __init__(self, modules: Mapping[str, nn.Module], decay: float) -> None:
        """Start from the present weights; *decay* is the share an average keeps per step."""
        self._sources = dict(modules)
        self._decay = decay
        self.modules = {
            name: copy_of(module, _device_of(module)) for name, module in modules.items()
        }
        self._averages = [
            one.data for module in self.modules.values() for one in module.parameters()
        ]
        self._parameters = [one for module in modules.values() for one in module.parameters()]

    def update(self, step: int) -> None:
        """Follow the weights after *step* (from 0), faster in the beginning."""
        decay = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, source in self._sources.items():
                buffers = zip(self.modules[name].buffers(), source.buffers(), strict=True)
                for mine, theirs in buffers:  # looked up anew: modules may replace their buffers
                    mine.copy_(theirs)
            if self._averages:
                present = [one.detach().float() for one in self._parameters]
                torch._foreach_lerp_(self._averages, present, 1.0 - decay)

    def tensors(self) -> dict[str, Tensor]:
        """All averages by ``MODULE/TENSOR``."""
        return {
            f"{name}/{key}": tensor
            for name, module in self.modules.items()
            for key, tensor in module.state_dict().items()
        }


def _device_of(module: nn.Module) -> torch.device:
    tensor = next(module.parameters(), None)
    return torch.device("cpu") if tensor is None else tensor.device
