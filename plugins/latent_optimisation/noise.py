"""Noise maps of a generator, searched together with a code (StyleGAN2, arXiv 1912.04958, D)."""

from __future__ import annotations

import torch
from styletalker.core.interfaces.generator import Generator
from torch import Tensor
from torch.nn import functional

__all__ = ["correlation", "noise_maps", "normalise_", "replace_maps"]

_NAME = "noise_const"
"""What a style-based generator calls its fixed maps, here and in public weights."""
_SMALLEST = 8
"""Maps are compared with themselves down to this many pixels a side."""


def noise_maps(generator: Generator) -> dict[str, Tensor]:
    """The generator's fixed noise maps [H, W]: its buffers called ``noise_const``, by name."""
    return {
        name: value
        for name, value in generator.named_buffers()
        if name.rpartition(".")[2] == _NAME and value.dim() == 2
    }


def replace_maps(generator: Generator, maps: dict[str, Tensor]) -> None:
    """Put maps where a generator has them; they may require gradients."""
    for name, value in maps.items():
        parent, _, leaf = name.rpartition(".")
        setattr(generator.get_submodule(parent), leaf, value)


def correlation(maps: dict[str, Tensor]) -> Tensor:
    """How much the maps resemble themselves, shifted by a pixel, at all sizes: 0 for noise."""
    total = torch.zeros(())
    for value in maps.values():
        level, total = value[None, None], total.to(value)
        while True:
            for axis in (2, 3):
                total = total + (level * level.roll(1, axis)).mean().square()
            if level.shape[-1] <= _SMALLEST:
                break
            level = functional.avg_pool2d(level, 2) * 2  # noise keeps its variance
    return total


@torch.no_grad()
def normalise_(maps: dict[str, Tensor]) -> None:
    """Bring maps to mean 0 and variance 1, in place."""
    for value in maps.values():
        value.sub_(value.mean()).mul_(value.square().mean().add(1e-12).rsqrt())
