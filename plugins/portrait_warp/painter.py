"""From a portrait and a code to an image: flow, coarse to fine, and what has to be painted."""

from __future__ import annotations

import torch
from styletalker.plugins.portrait_warp.config import PortraitWarpConfig
from styletalker.plugins.portrait_warp.layers import StyledConv, doubled, moved
from styletalker.plugins.portrait_warp.points import flow_between
from styletalker.plugins.portrait_warp.portrait import FEATURE_STRIDES, Portrait
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Painter"]

_REACH = 0.1
"""Scale of a flow: heads give values of unit scale, and faces move by a tenth of the picture."""
_TRUST = 1.0
"""At first most of what is found in the portrait is used: the sigmoid of this, 73 %."""
_START = 0.01
"""Scale of the heads' weights: at first the portrait stays where it is."""


class FlowHead(nn.Module):
    """Features -> a change of a rough flow, how much of that holds, and what can be trusted."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        nn.init.normal_(self.conv.weight, std=_START)
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Change [B, 2, H, W], part and trust [B, 1, H, W] in (0, 1) of features [B, C, H, W]."""
        raw = self.conv(features)
        part, trust = torch.sigmoid(raw[:, 2:] + _TRUST).chunk(2, 1)
        return _REACH * raw[:, :2], part, trust


class Painter(nn.Module):
    """Works at 1/16, 1/8, 1/4, 1/2 of the size and at full size."""

    def __init__(self, config: PortraitWarpConfig, *, code: int) -> None:
        super().__init__()
        size = config.resolution
        full, fine, middle, between, coarse = (config.width(size >> step) for step in range(5))
        self.size, self.points, self.w_dim = size, config.points, config.w_dim
        seen = config.portrait_channels
        self.channels = {"fine": seen, "middle": 2 * seen, "coarse": 4 * seen}
        self.from_fine = nn.Conv2d(seen, fine, 1)
        self.from_middle = nn.Conv2d(2 * seen, middle, 1)
        self.from_coarse = nn.Conv2d(4 * seen, coarse, 1)
        self.start = nn.Parameter(torch.randn(1, coarse, size // 16, size // 16))
        self.trunk16 = StyledConv(coarse, coarse, code=code)
        self.trunk8 = StyledConv(coarse, between, code=code)
        self.trunk4 = StyledConv(between, middle, code=code)
        self.guess4 = nn.Conv2d(middle + 2, middle, 3, padding=1)
        self.flow4 = FlowHead(middle)
        self.fuse4 = StyledConv(middle, middle, code=code)
        self.trunk2 = StyledConv(middle, fine, code=code)
        self.flow2 = FlowHead(fine)
        self.fuse2 = StyledConv(fine, fine, code=code)
        self.trunk1 = StyledConv(fine, full, code=code, doubles=True)
        self.fuse1 = StyledConv(full, full, code=code)
        self.to_rgb = nn.Conv2d(full, 4, 1)

    def shapes(self) -> dict[str, tuple[int, int, int]]:
        """Map of a portrait -> its channels, height and width."""
        maps = zip(("fine", "middle", "coarse"), FEATURE_STRIDES, strict=True)
        sizes = {name: self.size // stride for name, stride in maps}
        shapes = {name: (self.channels[name], side, side) for name, side in sizes.items()}
        return {"image": (3, self.size, self.size), **shapes}

    def forward(self, portrait: Portrait, code: Tensor) -> tuple[Tensor, Tensor]:
        """Images [B * T, 3, H, W] and the flow [B * T, 2, H / 2, W / 2].

        Args:
            portrait: B portraits.
            code: [B * T, code], all frames of the first portrait first.
        """
        portrait = self._prepared(portrait).repeated(len(code) // len(portrait))
        features = self.trunk16(self.start + portrait.coarse, code)
        features = self.trunk8(doubled(features), code)
        features = self.trunk4(doubled(features), code)
        rough = self._rough(code)
        rough4 = functional.avg_pool2d(rough, 2)
        moved4 = torch.cat([moved(portrait.middle, rough4), rough4 / _REACH], 1)
        features = features + self.guess4(moved4)
        change, part, trust = self.flow4(features)
        flow = part * rough4 + change
        features = torch.addcmul(features, trust, moved(portrait.middle, flow))
        features = self.trunk2(doubled(self.fuse4(features, code)), code)
        change, part, trust = self.flow2(features)
        detail = rough - doubled(rough4)
        flow = doubled(flow) + part * detail + change
        features = torch.addcmul(features, trust, moved(portrait.fine, flow))
        features = self.trunk1(self.fuse2(features, code), code)
        raw = self.to_rgb(self.fuse1(features, code))
        kept, trust = moved(portrait.image, doubled(flow)), torch.sigmoid(raw[:, 3:])
        return trust * kept + (1 - trust) * raw[:, :3], flow

    def _rough(self, code: Tensor) -> Tensor:
        """The flow [N, 2, H / 2, W / 2] that moves the portrait's points to the frame's."""
        count = 2 * self.points
        there = code[:, :count].reshape(len(code), self.points, 2)
        here = code[:, self.w_dim : self.w_dim + count].reshape(len(code), self.points, 2)
        return flow_between(here, there, self.size // 2)

    def _prepared(self, portrait: Portrait) -> Portrait:
        """The maps with as many channels as the layers they are added to."""
        return Portrait(
            image=portrait.image,
            fine=self.from_fine(portrait.fine),
            middle=self.from_middle(portrait.middle),
            coarse=self.from_coarse(portrait.coarse),
        )
