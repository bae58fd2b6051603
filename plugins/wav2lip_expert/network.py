"""SyncNet_color of Wav2Lip (Prajwal et al., arXiv 2008.10010).

Names of parameters are those of ``lipsync_expert.pth``.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

__all__ = [
    "WINDOW_COLUMNS",
    "WINDOW_FRAMES",
    "ConvBlock",
    "ExpertNetwork",
    "audio_layers",
    "residual",
]

WINDOW_FRAMES = 5
"""Frames of a window, stacked as channels."""
WINDOW_COLUMNS = 16
"""Mel columns of a window, 12.5 ms apart."""


class ExpertNetwork(nn.Module):
    """Lower halves of faces and mel columns to unit vectors without negative entries."""

    def __init__(self, divisor: int = 1) -> None:
        """Random weights; *divisor* narrows all layers."""
        super().__init__()

        def width(channels: int) -> int:
            return max(1, channels // divisor)

        self.face_encoder = nn.Sequential(
            ConvBlock(3 * WINDOW_FRAMES, width(32), 7, 1, 3),
            ConvBlock(width(32), width(64), 5, (1, 2), 1),
            *residual(width(64), 2),
            ConvBlock(width(64), width(128), 3, 2, 1),
            *residual(width(128), 3),
            ConvBlock(width(128), width(256), 3, 2, 1),
            *residual(width(256), 2),
            ConvBlock(width(256), width(512), 3, 2, 1),
            *residual(width(512), 2),
            ConvBlock(width(512), width(512), 3, 2, 1),
            ConvBlock(width(512), width(512), 3, 1, 0),
            ConvBlock(width(512), width(512), 1, 1, 0),
        )
        self.audio_encoder = audio_layers(divisor, last=2)

    def forward(self, mel: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
        """Unit vectors of sound and faces, in the public order: audio first."""
        return self.audio(mel), self.video(faces)

    def video(self, faces: Tensor) -> Tensor:
        """Unit vectors [N, E] of lower halves [N, 15, 48, 96], BGR, 0 to 1, frame by frame."""
        return functional.normalize(self.face_encoder(faces).flatten(1), dim=1)

    def audio(self, mel: Tensor) -> Tensor:
        """Unit vectors [N, E] of mel columns [N, 1, 80, 16], from -4 to 4."""
        return functional.normalize(self.audio_encoder(mel).flatten(1), dim=1)


def audio_layers(divisor: int = 1, *, last: int) -> nn.Sequential:
    """Mel columns [N, 1, 80, 16] to [N, 512, 1, 1].

    The expert's and the generator's, which differ in the *last* stage's shortcuts: 2 and 1.
    """

    def width(channels: int) -> int:
        return max(1, channels // divisor)

    return nn.Sequential(
        ConvBlock(1, width(32), 3, 1, 1),
        *residual(width(32), 2),
        ConvBlock(width(32), width(64), 3, (3, 1), 1),
        *residual(width(64), 2),
        ConvBlock(width(64), width(128), 3, 3, 1),
        *residual(width(128), 2),
        ConvBlock(width(128), width(256), 3, (3, 2), 1),
        *residual(width(256), last),
        ConvBlock(width(256), width(512), 3, 1, 0),
        ConvBlock(width(512), width(512), 1, 1, 0),
    )


class ConvBlock(nn.Module):
    """Convolution, batch normalisation, optionally a shortcut around both, ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        stride: Any,
        padding: int,
        *,
        shortcut: bool = False,
    ) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.BatchNorm2d(outputs)
        )
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Features [N, C, H, W] to others, or to as many with a shortcut."""
        y = self.conv_block(x)
        return functional.relu(y + x if self.shortcut else y)


def residual(channels: int, count: int) -> list[ConvBlock]:
    """*count* blocks with shortcuts."""
    return [ConvBlock(channels, channels, 3, 1, 1, shortcut=True) for _ in range(count)]
