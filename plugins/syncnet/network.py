"""The two streams of SyncNet (Chung & Zisserman, "Out of time", 2016), in its public version 2.

Names of parameters are those of ``syncnet_v2.model``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["SIDE", "WINDOW_COLUMNS", "WINDOW_FRAMES", "SyncNetNetwork"]

SIDE = 224
"""Height and width of the faces, in pixels."""
WINDOW_FRAMES = 5
"""Frames of a window."""
WINDOW_COLUMNS = 20
"""MFCC columns of a window, 10 ms apart."""
_HIDDEN = 512


class SyncNetNetwork(nn.Module):
    """Faces and MFCC to features that are near each other where they belong together.

    The video stream is convolutional in time: only its first layer looks at more than one frame,
    so T frames give T - 4 features at once, the same as window by window.
    """

    def __init__(self, embedding_dim: int = 1024, divisor: int = 1) -> None:
        """Random weights; *divisor* narrows the hidden layers."""
        super().__init__()

        def width(channels: int) -> int:
            return max(1, channels // divisor)

        self.netcnnaud = nn.Sequential(
            *_flat(1, width(64)),
            nn.MaxPool2d((1, 1), (1, 1)),
            *_flat(width(64), width(192)),
            nn.MaxPool2d((3, 3), (1, 2)),
            *_flat(width(192), width(384)),
            *_flat(width(384), width(256)),
            *_flat(width(256), width(256)),
            nn.MaxPool2d((3, 3), (2, 2)),
            *_flat(width(256), width(_HIDDEN), kernel=(5, 4), padding=0),
        )
        self.netfcaud = _head(width(_HIDDEN), embedding_dim)
        self.netcnnlip = nn.Sequential(
            *_deep(3, width(96), (WINDOW_FRAMES, 7, 7), stride=2),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_deep(width(96), width(256), (1, 5, 5), stride=2, padding=1),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
            *_deep(width(256), width(256), (1, 3, 3), padding=1),
            *_deep(width(256), width(256), (1, 3, 3), padding=1),
            *_deep(width(256), width(256), (1, 3, 3), padding=1),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_deep(width(256), width(_HIDDEN), (1, 6, 6)),
        )
        self.netfclip = _head(width(_HIDDEN), embedding_dim)

    def forward(self, faces: Tensor, mfcc: Tensor) -> tuple[Tensor, Tensor]:
        """Features of both: see :meth:`video` and :meth:`audio`."""
        return self.video(faces), self.audio(mfcc)

    def video_hidden(self, faces: Tensor) -> Tensor:
        """The video stream's vectors [B, N, 512] before its linear layers."""
        return self.netcnnlip(faces)[..., 0, 0].transpose(1, 2)  # type: ignore[no-any-return]

    def video(self, faces: Tensor) -> Tensor:
        """Features [B, N, E] of faces [B, 3, T, 224, 224], BGR from 0 to 255; N = T - 4."""
        hidden = self.video_hidden(faces)
        return torch.unflatten(self.netfclip(hidden.flatten(0, 1)), 0, hidden.shape[:2])

    def audio(self, mfcc: Tensor) -> Tensor:
        """Features [N, E] of MFCC windows [N, 1, 13, 20]."""
        return self.netfcaud(self.netcnnaud(mfcc).flatten(1))  # type: ignore[no-any-return]


def _flat(inputs: int, outputs: int, kernel: Any = 3, padding: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, kernel, padding=padding), nn.BatchNorm2d(outputs), _relu()]


def _deep(
    inputs: int, outputs: int, kernel: tuple[int, int, int], stride: int = 1, padding: int = 0
) -> list[nn.Module]:
    """A 3-D convolution with stride and padding in space alone."""
    steps, border = (1, stride, stride), (0, padding, padding)
    return [nn.Conv3d(inputs, outputs, kernel, steps, border), nn.BatchNorm3d(outputs), _relu()]


def _head(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, inputs), nn.BatchNorm1d(inputs), nn.ReLU(), nn.Linear(inputs, outputs)
    )


def _relu() -> nn.ReLU:
    return nn.ReLU(inplace=True)
