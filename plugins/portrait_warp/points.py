"""Finding points of a face in an image, and the flow that moves a face from points to points."""

from __future__ import annotations

import torch
from styletalker.plugins.common.residual import ResidualBlock, flat_head
from styletalker.plugins.portrait_warp.layers import doubled, places
from torch import Tensor, nn

__all__ = ["PointFinder", "flow_between"]

_GAIN = 10.0
"""Of the maps that say where a point usually is: they are learnt as fast as weights are."""
_REACH = 0.05
"""Within this distance (of half the width) of a point, the flow is that point's."""


class PointFinder(nn.Module):
    """Convolutions down to 1/16 of the size and up again; a map per point at 1/2 of the size.

    A point is the mean place under the softmax of its map (integral regression, arXiv 1711.08229),
    so it is found to a part of a pixel, and its gradient reaches every pixel.
    """

    def __init__(self, *, size: int, channels: int, points: int, others: int) -> None:
        """Find *points* points in images of *size* pixels, and *others* further numbers."""
        super().__init__()
        c = channels
        self.stem = nn.Conv2d(3, c, 5, 2, 2, bias=False)
        self.down4 = ResidualBlock(c, 2 * c, 2)
        self.down8 = ResidualBlock(2 * c, 4 * c, 2)
        self.down16 = ResidualBlock(4 * c, 6 * c, 2)
        self.up8 = nn.Conv2d(6 * c, 4 * c, 1)
        self.join8 = ResidualBlock(4 * c, 4 * c)
        self.up4 = nn.Conv2d(4 * c, 2 * c, 1)
        self.join4 = ResidualBlock(2 * c, 2 * c)
        self.up2 = nn.Conv2d(2 * c, c, 1)
        self.join2 = ResidualBlock(c, c)
        self.to_maps = nn.Conv2d(c, points, 1, bias=False)
        self.usual = nn.Parameter(torch.zeros(points, size // 2, size // 2))
        self.to_others = flat_head(6 * c, size // 16, size // 16, others)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Points [B, K, 2] (x, y in [-1, 1]) and further numbers [B, others] of images."""
        at2 = self.stem(images)
        at4 = self.down4(at2)
        at8 = self.down8(at4)
        at16 = self.down16(at8)
        up8 = self.join8(at8 + doubled(self.up8(at16)))
        up4 = self.join4(at4 + doubled(self.up4(up8)))
        up2 = self.join2(at2 + doubled(self.up2(up4)))
        maps = self.to_maps(up2) + _GAIN * self.usual  # [B, K, H / 2, W / 2]
        weights = maps.flatten(2).softmax(-1)
        where = places(maps.shape[-1], maps).flatten(2)[0]  # [2, H / 2 * W / 2]
        points: Tensor = weights @ where.T
        return points, self.to_others(at16)


def flow_between(here: Tensor, there: Tensor, size: int) -> Tensor:
    """The flow [N, 2, size, size] that fetches for each point *here* what lies *there*.

    Between points, displacements are averaged with weights that fall with distance (inverse
    distance weighting, Shepard 1968); far from all points it is their mean.

    Args:
        here: points of the result [N, K, 2], x and y in [-1, 1].
        there: the same points of the portrait [N, K, 2].
        size: height and width of the flow.
    """
    line = places(size, here)[0, 0, 0]  # [size]
    across = (line - here[..., 0, None]).square()  # [N, K, size]
    down = (line - here[..., 1, None]).square()
    distance = down[..., :, None] + across[..., None, :]  # [N, K, size, size]
    weights = (distance + _REACH**2).square().reciprocal()
    moves = torch.einsum("nkc,nkhw->nchw", there - here, weights)
    return moves / weights.sum(1, keepdim=True)
