"""Do some frames match a place in a recording? Against all other places of all recordings."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["matching_loss"]

_TEMPERATURE = 0.07
"""Of the similarities, as in contrastive learning (arXiv 1911.05722)."""
_NEAR = 1
"""Places this near to the right one do not count as wrong: nobody sees 40 ms."""


def matching_loss(video: Tensor, audio: Tensor, start: int) -> Tensor:
    """InfoNCE of generated windows against all windows of the batch's recordings, in nats.

    Args:
        video: unit embeddings [C, M, E] of windows *start*, *start* + 1 ... of the first C clips.
        audio: unit embeddings [B, N, E] of all windows of all B recordings, C <= B.
        start: where the first of the video's windows belongs.
    """
    clips, windows = video.shape[:2]
    similarity = torch.einsum("cme,bne->cmbn", video, audio) / _TEMPERATURE
    own = torch.eye(clips, len(audio), dtype=torch.bool, device=video.device)
    place = torch.arange(audio.shape[1], device=video.device)
    right = start + torch.arange(windows, device=video.device)
    distance = (place[None] - right[:, None]).abs()  # [M, N]
    near = (distance > 0) & (distance <= _NEAR)
    excluded = own[:, None, :, None] & near[None, :, None]
    logits = similarity.masked_fill(excluded, -torch.inf).flatten(2)  # [C, M, B * N]
    target = torch.arange(clips, device=video.device)[:, None] * audio.shape[1] + right
    return functional.cross_entropy(logits.flatten(0, 1), target.flatten())
