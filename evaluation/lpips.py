"""LPIPS (Zhang et al., arXiv 1801.03924), version 0.1, with weights from files."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.errors import CheckpointError, InputError, compose
from styletalker.plugins.common.torch_file import load_state, state_of
from torch import Tensor, nn

__all__ = ["LEAST_PIXELS", "Lpips", "NetworkName", "lpips_network"]

NetworkName = Literal["alex", "vgg"]
"""Whose features are compared."""
LEAST_PIXELS = 32
"""Smaller pictures have nothing left for the last layer."""

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""How LPIPS brings pictures from -1 to 1 to what the networks were trained on."""
_EPSILON = 1e-10
"""Added to the length of a position's features."""
_BATCH = 8
_PART = "features."

_TAPS = {"alex": (1, 4, 7, 9, 11), "vgg": (3, 8, 15, 22, 29)}
"""Layers whose output is compared: the last rectifier of each stage."""
_WIDTHS = {"alex": (64, 192, 384, 256, 256), "vgg": (64, 128, 256, 512, 512)}
"""Channels there."""


class Lpips(nn.Module):
    """How different two pictures look.

    The mean over positions of weighted squared differences of unit features, summed over five
    stages of a network.
    """

    def __init__(self, network: NetworkName) -> None:
        """Random weights; names of parameters are those of the public files."""
        super().__init__()
        self.features = _alexnet() if network == "alex" else _vgg16()
        self.heads = nn.ModuleDict(
            {f"lin{k}": _head(channels) for k, channels in enumerate(_WIDTHS[network])}
        )
        self._taps = _TAPS[network]
        self.register_buffer("shift", torch.tensor(_SHIFT)[:, None, None], persistent=False)
        self.register_buffer("scale", torch.tensor(_SCALE)[:, None, None], persistent=False)

    def forward(self, ours: Tensor, theirs: Tensor) -> Tensor:
        """Distances [N] of pictures [N, 3, H, W], RGB from -1 to 1."""
        total = ours.new_zeros(len(ours))
        stages = zip(self.heads.parameters(), self._stages(ours), self._stages(theirs), strict=True)
        for weights, one, other in stages:
            difference = (_unit(one) - _unit(other)).square()
            total = total + (difference * weights[0]).sum(1).mean((1, 2))
        return total

    @torch.no_grad()
    def of_frames(self, ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Distances [N] of frames [N, H, W, 3] RGB.

        Raises:
            InputError: they are too small.
        """
        if min(ours.shape[1:3]) < LEAST_PIXELS:
            expected = f"at least {LEAST_PIXELS} pixels a side"
            raise InputError(compose("too small for LPIPS", expected=expected, given=ours.shape))
        parts = [
            self(_pictures(ours[part]), _pictures(theirs[part])).numpy()
            for part in (slice(k, k + _BATCH) for k in range(0, len(ours), _BATCH))
        ]
        return np.concatenate(parts)

    def _stages(self, pictures: Tensor) -> Iterator[Tensor]:
        x = (pictures - self.get_buffer("shift")) / self.get_buffer("scale")
        for k, layer in enumerate(self.features):
            x = layer(x)
            if k in self._taps:
                yield x


@functools.cache
def lpips_network(network: NetworkName, backbone: Path, heads: Path) -> Lpips:
    """The network with the weights in two files, once in a process, in evaluation mode.

    Args:
        network: which.
        backbone: torchvision's file of AlexNet or VGG-16.
        heads: LPIPS's file of linear layers.

    Raises:
        InputError: there is no such file.
        CheckpointError: one is damaged, unsafe or of another network.
    """
    found = Lpips(network)
    state = state_of(backbone)
    if not any(name.startswith(_PART) for name in state):
        expected, given = f"tensors named {_PART}...", next(iter(state))
        problem = "is no network of torchvision"
        raise CheckpointError(compose(problem, where=str(backbone), expected=expected, given=given))
    load_state(found.features, state.under(_PART.rstrip(".")), backbone)
    load_state(found.heads, state_of(heads), heads)
    return found.eval()


def _pictures(frames: NDArray[np.uint8]) -> Tensor:
    pixels = torch.from_numpy(np.ascontiguousarray(frames))
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(1, keepdim=True).sqrt() + _EPSILON)


def _head(channels: int) -> nn.Module:
    """A 1 x 1 convolution under the public name ``model.1.weight``."""
    convolution = nn.Conv2d(channels, 1, 1, bias=False)
    return nn.ModuleDict({"model": nn.ModuleDict({"1": convolution})})


def _alexnet() -> nn.Sequential:
    """The convolutions of AlexNet (Krizhevsky 2014, arXiv 1404.5997)."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, 1, 1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, 1, 1), nn.ReLU(),
    )  # fmt: skip


def _vgg16() -> nn.Sequential:
    """The convolutions of VGG-16 (Simonyan & Zisserman, arXiv 1409.1556)."""
    layers: list[nn.Module] = []
    inputs = 3
    for stage, (channels, count) in enumerate(zip(_WIDTHS["vgg"], (2, 2, 3, 3, 3), strict=True)):
        if stage:
            layers.append(nn.MaxPool2d(2, 2))
        for _ in range(count):
            layers += [nn.Conv2d(inputs, channels, 3, 1, 1), nn.ReLU()]
            inputs = channels
    return nn.Sequential(*layers)
