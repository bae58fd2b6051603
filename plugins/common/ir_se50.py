"""IR-SE50: the residual network with channel attention that recognises faces.

Improved residual units (ArcFace, arXiv 1801.07698, section 3.2 and 2.2.2) with squeeze and
excitation (arXiv 1709.01507). Encoders of the pSp family have it as their backbone. Tensors are
called as in the public weights (``model_ir_se50.pth`` and the encoders made from it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["BLOCKS_50", "FaceBackbone"]

BLOCKS_50 = (3, 4, 14, 3)
"""Units per stage of the 50-layer network; (3, 13, 30, 3) and (3, 8, 36, 3) make 100 and 152."""
_SQUEEZE = 16
"""Channels per channel of the bottleneck in squeeze and excitation."""
_NARROWEST = 4
"""Channels of that bottleneck in networks that are narrower than the published one."""
_OFFSET = 0.1
"""Deviation of the offsets that attention sees at first. With zeros it would see nothing while
training on one image at a time: means that were normalised are zero."""


class SqueezeExcitation(nn.Module):
    """Scales each channel by what the means of all channels say."""

    def __init__(self, channels: int) -> None:
        """Make one."""
        super().__init__()
        narrow = max(_NARROWEST, channels // _SQUEEZE)
        self.fc1 = nn.Conv2d(channels, narrow, 1, bias=False)
        self.fc2 = nn.Conv2d(narrow, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features [B, C, H, W] -> the same shape."""
        squeezed = functional.relu(self.fc1(features.mean((2, 3), keepdim=True)))
        attention: Tensor = self.fc2(squeezed).sigmoid()
        return features * attention


class ImprovedUnit(nn.Module):
    """Normalise, convolve, PReLU, convolve (this one with the stride), normalise, attend; add."""

    shortcut_layer: nn.Module

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        """Make one."""
        super().__init__()
        if inputs == outputs:
            self.shortcut_layer = nn.MaxPool2d(1, stride)
        else:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False),
            nn.PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            SqueezeExcitation(outputs),
        )
        nn.init.normal_(self.res_layer.get_submodule("4").get_parameter("bias"), std=_OFFSET)

    def forward(self, features: Tensor) -> Tensor:
        """Features [B, inputs, H, W] -> [B, outputs, H / stride, W / stride]."""
        found: Tensor = self.res_layer(features) + self.shortcut_layer(features)
        return found


class FaceBackbone(nn.Module):
    """An image as maps at 1/2, 1/4, 1/8 and 1/16 of its size: the ends of four stages.

    ``input_layer`` and ``body`` are the names of the public weights; a subclass adds its heads.
    """

    def __init__(
        self, *, width: int = 64, blocks: Sequence[int] = BLOCKS_50, inputs: int = 3
    ) -> None:
        """Make one.

        Args:
            width: channels of the first stage; the others have 2, 4 and 8 times as many.
            blocks: units in each of the four stages.
            inputs: channels of the image.
        """
        super().__init__()
        self.blocks = tuple(blocks)
        self.input_layer = nn.Sequential(
            nn.Conv2d(inputs, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width)
        )
        self.body = nn.Sequential(*_units(width, self.blocks))

    def stages(self, images: Tensor) -> list[Tensor]:
        """Maps of images [B, inputs, H, W] after each stage, fine first."""
        features, maps = self.input_layer(images), []
        units = iter(self.body)
        for count in self.blocks:
            for _ in range(count):
                features = next(units)(features)
            maps.append(features)
        return maps


def _units(width: int, blocks: Sequence[int]) -> Iterator[ImprovedUnit]:
    inputs = width
    for stage, count in enumerate(blocks):
        outputs = width << stage
        for index in range(count):
            yield ImprovedUnit(inputs, outputs, 1 if index else 2)
            inputs = outputs
