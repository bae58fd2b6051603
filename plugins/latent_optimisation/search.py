"""The search for a code: gradient descent through a generator that stays as it is.

Schedule, noise on the code and penalty on noise maps as in StyleGAN2 (arXiv 1912.04958,
appendix D); a row for each layer as in Image2StyleGAN (arXiv 1904.03189).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import attrs
import torch
from styletalker.core.interfaces.generator import Generator
from styletalker.plugins.latent_optimisation.config import OptimizeConfig
from styletalker.plugins.latent_optimisation.likeness import Likeness
from styletalker.plugins.latent_optimisation.noise import (
    correlation,
    noise_maps,
    normalise_,
    replace_maps,
)
from torch import Tensor

__all__ = ["Found", "frozen_copy", "search", "spread_of"]

_RISE, _FALL = 0.05, 0.25
"""Shares of the steps in which the learning rate rises at first and falls at the end."""
_EXPLORED = 0.75
"""Share of the steps in which there is noise on the codes."""
_ROUND = 512
"""Random codes that are mapped at a time."""


@attrs.frozen(kw_only=True, eq=False)
class Found:
    """What a search has found."""

    ws: Tensor
    """Codes [B, L, D], without graph."""
    losses: Tensor
    """Loss of each image at each step [steps, B], before the step, with noise on the code."""
    maps: dict[str, Tensor]
    """Noise maps by name, if they were searched."""


def frozen_copy(generator: Generator) -> Generator:
    """A copy in evaluation mode, none of whose parameters requires a gradient."""
    return copy.deepcopy(generator).eval().requires_grad_(requires_grad=False)


def search(
    images: Tensor,
    generator: Generator,
    config: OptimizeConfig,
    likeness: Likeness,
    start: Tensor,
) -> Found:
    """Codes of images [B, 3, H, W]; each is searched as if it were alone.

    Args:
        images: what shall be shown.
        generator: a frozen copy; its noise maps are replaced if they are searched.
        config: the schedule and the weights.
        likeness: the loss.
        start: codes [B, L, D] to begin with.
    """
    rows = start.mean(1, keepdim=True) if config.space == "w" else start
    code = rows.detach().clone().requires_grad_()
    layers = start.shape[1]
    maps: dict[str, Tensor] = {}
    drawing = torch.Generator().manual_seed(config.seed)
    if config.noise_maps == "searched":
        for name, value in noise_maps(generator).items():
            drawn = torch.randn(value.shape, generator=drawing).to(value)
            maps[name] = drawn.requires_grad_()
        replace_maps(generator, maps)
    leaves = [code, *maps.values()]
    optimiser = torch.optim.Adam(leaves, lr=config.rate, betas=(0.9, 0.999))
    spread = spread_of(generator, config).to(code) if config.steps else code.new_zeros(())
    losses = []
    for rate, shaken in _schedule(config):
        optimiser.param_groups[0]["lr"] = config.rate * rate
        # One row of noise for all images: what is found does not depend on the batch.
        noise = torch.randn(code.shape[1:], generator=drawing).to(code)
        ws = (code + noise * (spread * config.exploration * shaken)).expand(-1, layers, -1)
        loss = likeness(generator.synthesis(ws, noise="const"), images)
        losses.append(loss.detach())
        total = loss.sum() + config.closeness * (code - rows).square().mean((1, 2)).sum()
        if maps:
            total = total + config.noise_penalty * correlation(maps)
        for leaf, gradient in zip(leaves, torch.autograd.grad(total, leaves), strict=True):
            leaf.grad = gradient
        optimiser.step()
        normalise_(maps)
    replace_maps(generator, {name: value.detach() for name, value in maps.items()})
    return Found(
        ws=code.detach().expand(-1, layers, -1).clone(),
        losses=torch.stack(losses) if losses else images.new_zeros(0, len(images)),
        maps={name: value.detach() for name, value in maps.items()},
    )


@torch.no_grad()
def spread_of(generator: Generator, config: OptimizeConfig) -> Tensor:
    """The root mean square distance of random codes from their mean, over all D channels."""
    drawing = torch.Generator().manual_seed(config.seed)
    parameter = next(generator.parameters())
    codes, left = [], config.samples
    while left:
        count = min(left, _ROUND)
        z = torch.randn(count, generator.z_dim, generator=drawing)
        codes.append(generator.mapping(z.to(parameter))[:, 0])
        left -= count
    every = torch.cat(codes)
    return (every - every.mean(0)).square().sum(1).mean().sqrt()


def _schedule(config: OptimizeConfig) -> Iterator[tuple[float, float]]:
    """Share of the learning rate, and of the noise on the codes, at each step."""
    for step in range(config.steps):
        done = step / config.steps
        falling = 0.5 - 0.5 * math.cos(math.pi * min(1.0, (1 - done) / _FALL))
        yield (
            falling * min(1.0, (step + 1) / (_RISE * config.steps)),
            (max(0.0, 1 - done / _EXPLORED) ** 2),
        )
