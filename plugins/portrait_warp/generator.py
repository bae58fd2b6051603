"""The generator ``portrait_warp``."""

from __future__ import annotations

import copy
import typing

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator, NoiseMode
from styletalker.plugins.portrait_warp.config import PortraitWarpConfig
from styletalker.plugins.portrait_warp.painter import Painter
from styletalker.plugins.portrait_warp.portrait import Portrait
from torch import Tensor

__all__ = ["NUM_WS", "PortraitWarp"]

NUM_WS = 2
"""Rows of a code: the portrait as a whole, and the motion of a frame."""
_MOMENTUM = 0.99
"""Of the averages per training step."""
_RIDGE = 1e-6
"""Added to the covariance of the codes, which need not have full rank."""


class PortraitWarp(Generator):
    """A style-based generator that starts from a portrait instead of a constant.

    A code tells points of the face; the flow that moves the portrait's points there is corrected
    by modulated convolutions (StyleGAN2), which see the portrait's coarse features and the code.
    Along it move finer features and, at last, the pixels of the portrait. What no pixel of the
    portrait can show (teeth behind closed lips, lids, what a turning head uncovers) is painted: a
    mask says where.

    **Codes** have two rows, the portrait's and the frame's: ``ws[:, 0]`` stays the same over a
    video, ``ws[:, 1]`` is the motion. All layers see both.

    **The portrait** is not in the codes. The inverter of the same name returns a copy of the
    generator that shows it (:meth:`showing`). Without one, it shows the average of the portraits
    it was trained with.

    **Deviations.** LIA (arXiv 2203.09043) decodes the flow from the code alone and navigates
    along a dictionary of directions; here the flow begins between landmarks and also sees the
    portrait's features, and the motion has a row of its own. There is no
    noise: pixels come from the portrait. ``mapping`` draws from a Gaussian with the mean and
    covariance of codes seen in training.
    """

    config: PortraitWarpConfig
    num_ws = NUM_WS

    code_mean: Tensor
    code_covariance: Tensor

    def __init__(self, config: PortraitWarpConfig) -> None:
        super().__init__(config)
        if config.w_dim <= 2 * config.points:
            problem = f"codes of portrait_warp with {config.points} points"
            expected = f"a w_dim of more than {2 * config.points}"
            raise InputError(compose(problem, expected=expected, given=config.w_dim))
        codes = NUM_WS * config.w_dim
        self.painter = Painter(config, code=codes)
        self.register_buffer("code_mean", torch.zeros(codes))
        self.register_buffer("code_covariance", torch.eye(codes))
        for name, shape in self.painter.shapes().items():
            self.register_buffer(f"average_{name}", torch.randn(1, *shape))
        self._portrait: Portrait | None = None

    @property
    def resolution(self) -> int:
        """Height and width in pixels."""
        return int(self.config.resolution)

    @property
    def z_dim(self) -> int:
        """Channels G of the random input: one per channel of a code."""
        return NUM_WS * self.config.w_dim

    @property
    def w_dim(self) -> int:
        """Channels D of a row of codes."""
        return self.config.w_dim

    @property
    def portrait(self) -> Portrait:
        """What it shows: B portraits, or the average one."""
        if self._portrait is not None:
            return self._portrait
        names = self.painter.shapes()
        return Portrait(**{name: self.get_buffer(f"average_{name}") for name in names})

    def showing(self, portrait: Portrait) -> PortraitWarp:
        """A copy that shows these portraits; it shares all weights with this one."""
        for name, (channels, height, width) in self.painter.shapes().items():
            check_shape(
                f"the portrait's {name} map",
                getattr(portrait, name),
                "B C H W",
                C=channels,
                H=height,
                W=width,
            )
        other = copy.copy(self)
        other._portrait = portrait
        return other

    def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor:
        """Codes [B, L, D] from the Gaussian of codes seen in training; z [B, G]."""
        check_shape("z", z, "B G", G=self.z_dim)
        ridge = _RIDGE * torch.eye(self.z_dim, device=z.device)
        root = torch.linalg.cholesky((self.code_covariance + ridge).float())
        drawn = truncation * (z.float() @ root.T).to(self.code_mean.dtype)
        ws: Tensor = self.code_mean + drawn
        return ws.reshape(len(z), NUM_WS, self.w_dim)

    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        """Images [B * T, 3, H, W] of codes [B * T, L, D] for B portraits; there is no noise."""
        modes = typing.get_args(NoiseMode)
        if noise not in modes:
            raise InputError(compose("no such noise", given=noise, name=noise, choices=modes))
        return self.synthesis_with_flow(ws)[0]

    def synthesis_with_flow(self, ws: Tensor) -> tuple[Tensor, Tensor]:
        """Images [B * T, 3, H, W], and where their pixels come from in the portrait.

        The flow [B * T, 2, H / 2, W / 2] says for each pixel how far away in the portrait its
        source lies, x and y; 2 is the whole width.
        """
        check_shape("ws", ws, "N L D", L=NUM_WS, D=self.w_dim)
        portrait = self.portrait
        if len(ws) % len(portrait):
            problem = f"codes for {len(portrait)} portraits"
            expected = f"a multiple of {len(portrait)}"
            raise InputError(compose(problem, expected=expected, given=len(ws)))
        images, flow = self.painter(portrait, ws.flatten(1).to(self.code_mean.dtype))
        return images, flow

    def mean_ws(self) -> Tensor:
        """The mean code [L, D]."""
        return self.code_mean.reshape(NUM_WS, self.w_dim)

    @torch.no_grad()
    def follow_mean(self, ws: Tensor) -> None:
        """Let mean and covariance follow codes [B, L, D], and the average what is shown."""
        codes = ws.flatten(1).to(self.code_mean.dtype)
        centred = codes - codes.mean(0)
        self.code_mean.lerp_(codes.mean(0), 1 - _MOMENTUM)
        self.code_covariance.lerp_(centred.T @ centred / len(codes), 1 - _MOMENTUM)
        if self._portrait is not None:
            for name in self.painter.shapes():
                average = self.get_buffer(f"average_{name}")
                average.lerp_(getattr(self._portrait, name).mean(0, keepdim=True), 1 - _MOMENTUM)
