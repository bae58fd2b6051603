"""What StyleGAN2 and StyleGAN3 share: the mapping network, labels, truncation and the mean code."""

from __future__ import annotations

import typing
from typing import Any

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator, NoiseMode
from styletalker.plugins.stylegan2.mapping import MappingNetwork
from torch import Tensor

__all__ = ["StyleBasedGenerator", "check_noise"]

_MOMENTUM = 0.998
"""Of the mean code per training step, as in the ADA paper's code (arXiv 2006.06676)."""


class StyleBasedGenerator(Generator, abstract=True):
    """A mapping network to one code for all layers, with or without labels.

    A subclass builds ``synthesis_network``, which knows ``num_ws``, and says how it is used.
    """

    def __init__(self, config: Any) -> None:
        """Build the mapping network; weights are random.

        Raises:
            InputError: the option ``label`` names no class.
        """
        super().__init__(config)
        if config.label >= max(config.classes, 1):
            expected = f"below the {config.classes} classes" if config.classes else "0: no classes"
            raise InputError(compose("no such label", expected=expected, given=config.label))
        self.mapping_network = MappingNetwork(
            z_dim=config.z_dim,
            w_dim=config.w_dim,
            layers=config.mapping_layers,
            classes=config.classes,
        )

    @property
    def resolution(self) -> int:
        """Height and width in pixels."""
        return int(self.config.resolution)

    @property
    def z_dim(self) -> int:
        """Channels G of the random input."""
        return int(self.config.z_dim)

    @property
    def w_dim(self) -> int:
        """Channels D of a code."""
        return int(self.config.w_dim)

    def mapping(
        self,
        z: Tensor,
        *,
        truncation: float = 1.0,
        cutoff: int | None = None,
        labels: Tensor | None = None,
    ) -> Tensor:
        """Codes [B, L, D] of random vectors [B, G].

        Args:
            z: standard normal, [B, G].
            truncation: 1 keeps the code, 0 gives the mean code.
            cutoff: how many layers, from the coarsest, to truncate; None for all.
            labels: [B, C], one-hot (mixtures are possible), for a model with classes; None takes
                the class that the option ``label`` says.

        Raises:
            InputError: a wrong shape, or labels where there are no classes.
        """
        check_shape("z", z, "B G", G=self.z_dim)
        codes = self.mapping_network(z, self._labels(z, labels))
        ws: Tensor = codes[:, None].repeat(1, self.num_ws, 1)
        if truncation == 1:
            return ws
        mean = self.mean_ws()
        kept = self.num_ws if cutoff is None else cutoff
        return torch.cat([(mean + truncation * (ws - mean))[:, :kept], ws[:, kept:]], 1)

    def mean_ws(self) -> Tensor:
        """The mean code [L, D]: zeros until training has followed it, or weights were loaded."""
        return self.mapping_network.w_avg.repeat(self.num_ws, 1)

    @torch.no_grad()
    def follow_mean(self, ws: Tensor, *, momentum: float = _MOMENTUM) -> None:
        """Move the mean code towards codes [B, L, D] from ``mapping``; called while training."""
        check_shape("ws", ws, "B L D", L=self.num_ws, D=self.w_dim)
        average = self.mapping_network.w_avg
        average.lerp_(ws[:, 0].mean(0).to(average.dtype), 1 - momentum)

    def _labels(self, z: Tensor, labels: Tensor | None) -> Tensor | None:
        classes = self.config.classes
        if labels is not None:
            if not classes:
                raise InputError("labels were given, and the generator has no classes")
            check_shape("labels", labels, f"{len(z)} {classes}")
            return labels
        if not classes:
            return None
        chosen = torch.full((len(z),), self.config.label, device=z.device)
        return torch.nn.functional.one_hot(chosen, classes).to(z.dtype)


def check_noise(noise: str) -> None:
    """Refuse what is no :data:`~styletalker.core.interfaces.generator.NoiseMode`.

    Raises:
        InputError: it is none.
    """
    modes = typing.get_args(NoiseMode)
    if noise not in modes:
        raise InputError(compose("no such noise", given=noise, name=noise, choices=modes))
