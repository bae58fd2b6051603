"""The generator ``mesh``."""

from __future__ import annotations

import copy
import typing
from collections.abc import Sequence

import attrs
import cv2
import numpy as np
import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator, NoiseMode
from styletalker.plugins.mesh.codes import OWN_MOUTH, W_DIM, portrait_code, to_parameters
from styletalker.plugins.mesh.config import MeshConfig
from styletalker.plugins.mesh.parametric import ParameterCodes
from styletalker.plugins.mesh.portrait import Portrait, built_in_portrait
from torch import Tensor

__all__ = ["Mesh"]

_SPREAD = 0.3
"""Standard deviation of random codes: weights of 0.3, angles of 3 degrees."""
_WHITE = 255.0


class Mesh(ParameterCodes, Generator):
    """A renderer: the photo itself on a fitted head, moved by animation parameters.

    No weights and no training: ``mesh_fit`` fits the puppet's head model to a photo and returns a
    copy of this generator that shows it (:meth:`showing`). Without a portrait it shows a puppet.

    **Codes** [1, 24] are animation parameters as change from the portrait, see
    :mod:`styletalker.plugins.mesh.codes`; the mean code is the portrait itself. Values out of
    range are clipped. Random codes are small movements around it.

    **The frame** is a warp of the photo: the face by the fitted mesh, hair, neck and background
    by a lattice that knows depth; eyes and the inside of the mouth are painted. Pixels at the
    edge of the picture never change, so that it can be put back into a larger photo.

    **No gradients**: :attr:`differentiable` is false. It works on the CPU; images come back on the
    device of the codes.
    """

    config: MeshConfig
    num_ws = 1
    w_dim = W_DIM
    z_dim = W_DIM
    differentiable = False

    mean_code: Tensor

    def __init__(self, config: MeshConfig) -> None:
        super().__init__(config)
        self.register_buffer("mean_code", torch.from_numpy(portrait_code())[None])
        self._portraits: tuple[Portrait, ...] = ()

    @property
    def resolution(self) -> int:
        """Height and width in pixels."""
        return self.config.resolution

    @property
    def portraits(self) -> tuple[Portrait, ...]:
        """The B portraits it shows: those it was tuned to, or the built-in puppet."""
        return self._portraits or (built_in_portrait(),)

    def showing(self, portraits: Sequence[Portrait]) -> Mesh:
        """A copy that shows these portraits."""
        other = copy.copy(self)
        other._portraits = tuple(portraits)
        return other

    def at(self, resolution: int) -> Mesh:
        """A copy that draws the same portraits at *resolution* pixels, 64 to 1024.

        Raises:
            InputError: *resolution* is out of range.
        """
        other = copy.copy(self)
        try:
            other.config = attrs.evolve(self.config, resolution=resolution)
        except (TypeError, ValueError) as error:
            problem = "mesh cannot draw at this resolution"
            expected = "a whole number from 64 to 1024"
            raise InputError(compose(problem, expected=expected, given=resolution)) from error
        return other

    def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor:
        """Codes [B, 1, 24] of small movements; z [B, 24]."""
        check_shape("z", z, "B G", G=self.z_dim)
        moved = _SPREAD * truncation * z.to(self.mean_code)
        moved[:, OWN_MOUTH] = 0.0
        ws: Tensor = self.mean_code + moved[:, None]
        return ws

    def mean_ws(self) -> Tensor:
        """The portrait's own code [1, 24]."""
        return self.mean_code

    @torch.no_grad()
    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        """Images [B * T, 3, H, W] of codes [B * T, 1, 24] for B portraits; there is no noise."""
        modes = typing.get_args(NoiseMode)
        if noise not in modes:
            raise InputError(compose("no such noise", given=noise, name=noise, choices=modes))
        check_shape("ws", ws, "N L D", L=1, D=self.w_dim)
        portraits, side = self.portraits, self.resolution
        if len(ws) % len(portraits):
            problem = f"codes for {len(portraits)} portraits"
            expected = f"a multiple of {len(portraits)}"
            raise InputError(compose(problem, expected=expected, given=len(ws)))
        parameters, own_mouth = to_parameters(ws[:, 0].detach().float().cpu().numpy())
        images = np.empty((len(ws), 3, side, side), np.float32)
        for n in range(len(ws)):
            portrait = portraits[n * len(portraits) // len(ws)].at(side)
            frame = portrait.frame(parameters[n], float(own_mouth[n]))
            for plane, colour in zip(images[n], cv2.split(frame), strict=True):
                np.multiply(colour, 2 / _WHITE, out=plane)
        images -= 1.0
        np.clip(images, -1.0, 1.0, out=images)
        return torch.from_numpy(images).to(ws.device, self.mean_code.dtype)
