"""The inverter ``portrait_warp``."""

from __future__ import annotations

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion, Inverter
from styletalker.plugins.common.residual import ResidualBlock, flat_head, image_network
from styletalker.plugins.portrait_warp.config import PortraitEncoderConfig
from styletalker.plugins.portrait_warp.generator import PortraitWarp
from styletalker.plugins.portrait_warp.portrait import Portrait
from torch import Tensor, nn

__all__ = ["PortraitEncoder"]


class PortraitEncoder(Inverter):
    """Two networks: one reads a portrait once, the other the motion of every frame.

    The first row of a code comes from the portrait's coarse map and its own motion; the others are
    the frame's motion. With a generator of the same name, ``invert`` returns a copy of it that shows the
    portraits; any other generator is returned as it is, and has the codes alone.
    """

    config: PortraitEncoderConfig
    trainable = True

    def __init__(
        self, config: PortraitEncoderConfig, *, resolution: int, num_ws: int, w_dim: int
    ) -> None:
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        if resolution < 32 or resolution & (resolution - 1) or num_ws < 2:
            expected = "a resolution of 32, 64, 128 ... and codes of at least 2 rows"
            given = f"{resolution} pixels, {num_ws} rows"
            raise InputError(
                compose("the generator does not fit portrait_warp", expected=expected, given=given)
            )
        width = config.portrait_channels
        self.stem = nn.Conv2d(3, width, 5, 2, 2)
        self.fine = ResidualBlock(width, width)
        self.middle = ResidualBlock(width, 2 * width, 2)
        self.coarse = nn.Sequential(
            ResidualBlock(2 * width, 4 * width, 2), ResidualBlock(4 * width, 4 * width, 2)
        )
        side = resolution // 16
        self.whole = flat_head(4 * width, side, side, w_dim)
        self.own = nn.Linear((num_ws - 1) * w_dim, w_dim)
        self.motion = image_network(
            inputs=3,
            size=resolution,
            channels=config.motion_channels,
            outputs=(num_ws - 1) * w_dim,
        )

    def invert(self, images: Tensor, generator: Generator) -> Inversion:
        """Codes [B, L, D] of images [B, 3, H, W], and a generator that shows them."""
        check_shape("images", images, "B 3 H W", H=self.resolution, W=self.resolution)
        given, images = images.dtype, images.to(self.stem.weight.dtype)
        fine = self.fine(self.stem(images))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        motion = self._motion(images)
        # How a frame differs from the portrait is only known with the portrait's own motion.
        whole = self.whole(coarse) + self.own(motion.flatten(1))
        ws = torch.cat([whole[:, None], motion], 1).to(given)
        if not isinstance(generator, PortraitWarp):
            return Inversion(ws=ws, generator=generator)
        portrait = Portrait(image=images, fine=fine, middle=middle, coarse=coarse)
        return Inversion(ws=ws, generator=generator.showing(portrait))

    def track(self, frames: Tensor, portrait: Inversion) -> Tensor:
        """Codes [B, T, L, D]: the portrait's own row, and each frame's motion."""
        sizes = check_shape(
            "frames", frames, "B T 3 H W", B=len(portrait.ws), H=self.resolution, W=self.resolution
        )
        images = frames.flatten(0, 1).to(self.stem.weight.dtype)
        motion = self._motion(images).to(frames.dtype)
        whole = portrait.ws[:, None, :1].expand(-1, sizes["T"], -1, -1)
        shape = (sizes["B"], sizes["T"], self.num_ws - 1, self.w_dim)
        return torch.cat([whole, motion.reshape(shape)], 2)

    def _motion(self, images: Tensor) -> Tensor:
        """The other rows [N, L - 1, D] of images [N, 3, H, W]."""
        rows: Tensor = self.motion(images)
        return rows.reshape(len(images), self.num_ws - 1, self.w_dim)
