"""The Inception network of FID, by pytorch-fid, with weights from a file.

pytorch-fid's own class downloads the file when it is built; here its layers are put together
without that.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.plugins.common.torch_file import load_state, state_of
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["InceptionFeatures", "inception"]

_SIDE = 299
_BATCH = 50


class InceptionFeatures(nn.Module):
    """Pictures to the 2048 channels after the last pooling (pool3)."""

    def __init__(self) -> None:
        """Random weights."""
        from pytorch_fid import inception as public
        from torchvision.models import inception_v3

        super().__init__()
        net: Any = inception_v3(
            num_classes=1008, aux_logits=False, weights=None, init_weights=False
        )
        net.Mixed_5b = public.FIDInceptionA(192, pool_features=32)
        net.Mixed_5c = public.FIDInceptionA(256, pool_features=64)
        net.Mixed_5d = public.FIDInceptionA(288, pool_features=64)
        net.Mixed_6b = public.FIDInceptionC(768, channels_7x7=128)
        net.Mixed_6c = public.FIDInceptionC(768, channels_7x7=160)
        net.Mixed_6d = public.FIDInceptionC(768, channels_7x7=160)
        net.Mixed_6e = public.FIDInceptionC(768, channels_7x7=192)
        net.Mixed_7b = public.FIDInceptionE_1(1280)
        net.Mixed_7c = public.FIDInceptionE_2(2048)
        self.network = net

    def forward(self, pictures: Tensor) -> Tensor:
        """Features [N, 2048] of pictures [N, 3, H, W] RGB from 0 to 1.

        Resized to 299 x 299 (bilinear, not antialiased) and brought to -1 to 1, as published.
        """
        size = (_SIDE, _SIDE)
        x = functional.interpolate(pictures, size, mode="bilinear", align_corners=False)
        x = 2 * x - 1
        net = self.network
        for name in ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3"):
            x = getattr(net, name)(x)
        x = functional.max_pool2d(x, 3, 2)
        x = net.Conv2d_4a_3x3(net.Conv2d_3b_1x1(x))
        x = functional.max_pool2d(x, 3, 2)
        for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"):
            x = getattr(net, f"Mixed_{name}")(x)
        return x.mean((2, 3))

    @torch.no_grad()
    def of_frames(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features [N, 2048] of frames [N, H, W, 3] RGB."""
        parts = []
        for start in range(0, len(frames), _BATCH):
            batch = torch.from_numpy(np.ascontiguousarray(frames[start : start + _BATCH]))
            parts.append(self(batch.permute(0, 3, 1, 2).float() / 255).numpy())
        return np.concatenate(parts)


@functools.cache
def inception(path: Path) -> InceptionFeatures:
    """The network with the weights in a file, once in a process.

    Raises:
        CheckpointError: the file is missing, unsafe or of another network.
    """
    found = InceptionFeatures()
    load_state(found.network, state_of(path), path)
    return found.eval()
