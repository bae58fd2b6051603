"""The generator ``stylegan2``."""

from __future__ import annotations

import typing

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator, NoiseMode
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.mapping import MappingNetwork
from styletalker.plugins.stylegan2.synthesis import SynthesisNetwork
from torch import Tensor

__all__ = ["StyleGAN2"]

_MOMENTUM = 0.998
"""Of the mean code per training step, as in the ADA paper's code (arXiv 2006.06676)."""


class StyleGAN2(Generator):
    """Mapping and synthesis networks of StyleGAN2 (arXiv 1912.04958), with or without labels.

    The numbers are those of the public implementation, and public weights fit: see
    :mod:`styletalker.plugins.stylegan2.public`.
    """

    config: StyleGAN2Config

    def __init__(self, config: StyleGAN2Config) -> None:
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
        self.synthesis_network = SynthesisNetwork(config)

    @property
    def resolution(self) -> int:
        """Height and width in pixels."""
        return int(self.config.resolution)

    @property
    def z_dim(self) -> int:
        """Channels G of the random input."""
        return self.config.z_dim

    @property
    def num_ws(self) -> int:
        """Layers L: 2 log2(resolution) - 2."""
        return self.synthesis_network.num_ws

    @property
    def w_dim(self) -> int:
        """Channels D of a code."""
        return self.config.w_dim

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
        """
        check_shape("z", z, "B G", G=self.z_dim)
        codes = self.mapping_network(z, self._labels(z, labels))
        ws: Tensor = codes[:, None].repeat(1, self.num_ws, 1)
        if truncation == 1:
            return ws
        mean = self.mean_ws()
        truncated = mean + truncation * (ws - mean)
        return torch.cat(
            [truncated[:, :cutoff], ws[:, self.num_ws if cutoff is None else cutoff :]], 1
        )

    def mix(self, ws: Tensor, other: Tensor, layer: int) -> Tensor:
        """Style mixing: rows below *layer* of codes [B, L, D], the others of *other* [B, L, D]."""
        for name, value in (("ws", ws), ("other", other)):
            check_shape(name, value, "B L D", L=self.num_ws, D=self.w_dim)
        if not 0 <= layer <= self.num_ws:
            expected = f"0 to {self.num_ws}"
            raise InputError(compose("no such layer", expected=expected, given=layer))
        return torch.cat([ws[:, :layer], other[:, layer:]], 1)

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

    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        """Images [B, 3, H, W] of codes [B, L, D]."""
        check_shape("ws", ws, "B L D", L=self.num_ws, D=self.w_dim)
        modes = typing.get_args(NoiseMode)
        if noise not in modes:
            raise InputError(compose("no such noise", given=noise, name=noise, choices=modes))
        images: Tensor = self.synthesis_network(ws, noise)
        return images

    def mean_ws(self) -> Tensor:
        """The mean code [L, D]: zeros until training has followed it, or weights were loaded."""
        return self.mapping_network.w_avg.repeat(self.num_ws, 1)

    @torch.no_grad()
    def follow_mean(self, ws: Tensor, *, momentum: float = _MOMENTUM) -> None:
        """Move the mean code towards codes [B, L, D] from ``mapping``; called while training."""
        check_shape("ws", ws, "B L D", L=self.num_ws, D=self.w_dim)
        average = self.mapping_network.w_avg
        average.lerp_(ws[:, 0].mean(0).to(average.dtype), 1 - momentum)
