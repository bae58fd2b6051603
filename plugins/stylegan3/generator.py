"""The generator ``stylegan3``."""

from __future__ import annotations

import typing

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator, NoiseMode
from styletalker.plugins.stylegan2.mapping import MappingNetwork
from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.synthesis import SynthesisNetwork
from torch import Tensor

__all__ = ["StyleGAN3"]

_MOMENTUM = 0.998
"""Of the mean code per training step, as published (arXiv 2006.06676)."""


class StyleGAN3(Generator):
    """Mapping and synthesis networks of StyleGAN3 (arXiv 2106.12423), T or R by its options.

    There is no per-pixel noise: ``noise`` is accepted and changes nothing. The numbers are those
    of the public implementation, and public weights fit:
    :mod:`styletalker.plugins.stylegan3.public`.

    The buffer ``synthesis_network.input.transform`` is the inverse of a 3 x 3 transform of the
    image plane, in image widths from the centre: set it to move or turn all images.

    While it trains (``train()``, and a layer's weight requires a gradient), each layer follows
    the magnitude of its input, as batch normalisation does; in ``eval()`` nothing changes.
    """

    config: StyleGAN3Config

    def __init__(self, config: StyleGAN3Config) -> None:
        """Build it; weights are random."""
        super().__init__(config)
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
        return self.config.resolution

    @property
    def z_dim(self) -> int:
        """Channels G of the random input."""
        return self.config.z_dim

    @property
    def num_ws(self) -> int:
        """Layers L: two more than the option ``layers``; 16 in the published networks."""
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

        Raises:
            InputError: a wrong shape, or labels where there are no classes.
        """
        check_shape("z", z, "B G", G=self.z_dim)
        ws: Tensor = self.mapping_network(z, self._labels(z, labels))[:, None].repeat(
            1, self.num_ws, 1
        )
        if truncation == 1:
            return ws
        mean = self.mean_ws()
        kept = self.num_ws if cutoff is None else cutoff
        return torch.cat([(mean + truncation * (ws - mean))[:, :kept], ws[:, kept:]], 1)

    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        """Images [B, 3, H, W] of codes [B, L, D]; there is no noise in this network."""
        check_shape("ws", ws, "B L D", L=self.num_ws, D=self.w_dim)
        modes = typing.get_args(NoiseMode)
        if noise not in modes:
            raise InputError(compose("no such noise", given=noise, name=noise, choices=modes))
        images: Tensor = self.synthesis_network(ws)
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
