"""The two networks of the sync discriminator: windows of frames, and windows of columns."""

from __future__ import annotations

from styletalker.plugins.common.residual import ResidualBlock, flat_head, halved, image_network
from torch import nn

__all__ = ["audio_network", "video_network"]

_WIDEST = 8
"""The last audio layer has this many times the channels of the first."""


def video_network(*, window_frames: int, size: int, channels: int, outputs: int) -> nn.Sequential:
    """Mouths of one window, stacked as channels [..., 3 * frames, size, size], to [..., E].

    The first convolution sees all frames at once, as in SyncNet: what matters is motion, and it
    is visible only before pixels are pooled.
    """
    return image_network(inputs=3 * window_frames, size=size, channels=channels, outputs=outputs)


def audio_network(*, bands: int, columns: int, channels: int, outputs: int) -> nn.Sequential:
    """Log-mel columns of one window, as a picture [..., 1, bands, columns], to [..., E]."""
    wide = channels * _WIDEST
    return nn.Sequential(
        nn.Conv2d(1, channels, 3, (2, 1), 1, bias=False),  # time keeps its 10 ms here
        ResidualBlock(channels, 2 * channels, 2),
        ResidualBlock(2 * channels, 4 * channels, 2),
        ResidualBlock(4 * channels, wide, (2, 1)),
        flat_head(wide, halved(bands, 4), halved(columns, 2), outputs),
    )
