"""The inverter ``portrait_warp``."""

from __future__ import annotations

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion, Inverter
from styletalker.plugins.common.residual import ResidualBlock, flat_head
from styletalker.plugins.portrait_warp.config import PortraitEncoderConfig
from styletalker.plugins.portrait_warp.generator import PortraitWarp
from styletalker.plugins.portrait_warp.points import PointFinder
from styletalker.plugins.portrait_warp.portrait import Portrait
from torch import Tensor, nn

__all__ = ["PortraitEncoder"]


class PortraitEncoder(Inverter):
    """Two networks: one reads a portrait once, the other finds the points of every frame.

    A row of codes begins with points of a face, x and y of each in [-1, 1], and ends with free
    numbers. The first row is the portrait's; the second is the frame's. With a generator of the
    same name, ``invert`` returns a copy of it that shows the portraits; any other generator is
    returned as it is, and has the codes alone.
    """

    config: PortraitEncoderConfig
    trainable = True

    def __init__(
        self, config: PortraitEncoderConfig, *, resolution: int, num_ws: int, w_dim: int
    ) -> None:
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        self.free = w_dim - 2 * config.points
        if resolution < 32 or resolution & (resolution - 1) or num_ws < 2 or self.free < 1:
            points = config.points
            expected = f"32, 64, 128 ... pixels, 2 rows, and more than {2 * points} channels"
            given = f"{resolution} pixels, {num_ws} rows of {w_dim} channels"
            problem = f"the generator does not fit portrait_warp with {points} points"
            raise InputError(compose(problem, expected=expected, given=given))
        width = config.portrait_channels
        self.stem = nn.Conv2d(3, width, 5, 2, 2)
        self.fine = ResidualBlock(width, width)
        self.middle = ResidualBlock(width, 2 * width, 2)
        self.coarse = nn.Sequential(
            ResidualBlock(2 * width, 4 * width, 2), ResidualBlock(4 * width, 4 * width, 2)
        )
        side = resolution // 16
        self.whole = flat_head(4 * width, side, side, self.free)
        self.finder = PointFinder(
            size=resolution,
            channels=config.motion_channels,
            points=config.points,
            others=(num_ws - 1) * w_dim - 2 * config.points,
        )

    def invert(self, images: Tensor, generator: Generator) -> Inversion:
        """Codes [B, L, D] of images [B, 3, H, W], and a generator that shows them."""
        check_shape("images", images, "B 3 H W", H=self.resolution, W=self.resolution)
        given, images = images.dtype, images.to(self.stem.weight.dtype)
        fine = self.fine(self.stem(images))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        motion = self._motion(images)
        first = torch.cat([motion[:, 0, : 2 * self.config.points], self.whole(coarse)], 1)
        ws = torch.cat([first[:, None], motion], 1).to(given)
        if not isinstance(generator, PortraitWarp):
            return Inversion(ws=ws, generator=generator)
        portrait = Portrait(image=images, fine=fine, middle=middle, coarse=coarse)
        return Inversion(ws=ws, generator=generator.showing(portrait))

    def track(self, frames: Tensor, portrait: Inversion) -> Tensor:
        """Codes [B, T, L, D]: the portrait's own row, and each frame's."""
        sizes = check_shape(
            "frames", frames, "B T 3 H W", B=len(portrait.ws), H=self.resolution, W=self.resolution
        )
        images = frames.flatten(0, 1).to(self.stem.weight.dtype)
        motion = self._motion(images).to(frames.dtype)
        whole = portrait.ws[:, None, :1].expand(-1, sizes["T"], -1, -1)
        shape = (sizes["B"], sizes["T"], self.num_ws - 1, self.w_dim)
        return torch.cat([whole, motion.reshape(shape)], 2)

    def rebase(self, ws: Tensor, portrait: Inversion) -> Tensor:
        """The codes with the row of another portrait."""
        whole = portrait.ws[:, None, :1].expand(-1, ws.shape[1], -1, -1)
        return torch.cat([whole, ws[:, :, 1:]], 2)

    def landmarks(self, ws: Tensor) -> Tensor:
        """The points [..., K, 2] of codes [..., L, D], in [-1, 1]."""
        points = ws[..., 1, : 2 * self.config.points]
        return points.reshape(*points.shape[:-1], self.config.points, 2)

    def _motion(self, images: Tensor) -> Tensor:
        """The rows after the first [N, L - 1, D] of images [N, 3, H, W]."""
        points, others = self.finder(images)
        rows = torch.cat([points.flatten(1), others], 1)
        return rows.reshape(len(images), self.num_ws - 1, self.w_dim)
