"""Which windows may be confused: the negatives of the contrastive loss, and its chance level."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["chance_level", "info_nce", "left_out"]


def left_out(clips: int, windows: int, nearest: int, device: torch.device | None = None) -> Tensor:
    """Pairs that are neither right nor wrong, [B * N, B * N]: nearly the same moment of a clip."""
    index = torch.arange(clips * windows, device=device)
    same = index[:, None] // windows == index // windows
    apart = (index[:, None] - index).abs()  # in frames, where the clip is the same
    return same & (apart > 0) & (apart < nearest)


def chance_level(clips: int, windows: int, nearest: int = 1) -> float:
    """The loss of a discriminator that guesses, in nats: the mean of ln N over all windows.

    N counts the candidates of a window: the right one, and everything not left out. A loss near
    this says that nothing was learnt, whatever the batch.

    Args:
        clips: clips B in the batch.
        windows: windows N per clip.
        nearest: the option ``nearest_negative``.
    """
    candidates = (~left_out(clips, windows, nearest)).sum(1)
    return candidates.double().log().mean().item()


def info_nce(video: Tensor, audio: Tensor, temperature: Tensor, nearest: int) -> Tensor:
    """The loss, a scalar, from unit embeddings [B, N, E] of either side.

    Every window must find its audio among all windows of all clips, and every audio its window:
    the other clips teach who and what is said, the shifted windows teach when.
    """
    clips, windows, _ = video.shape
    with torch.autocast(video.device.type, enabled=False):  # cosines are divided by 0.01 to 0.5
        cosines = video.flatten(0, 1).float() @ audio.flatten(0, 1).float().T
    similarity = cosines / temperature.float()
    similarity = similarity.masked_fill(
        left_out(clips, windows, nearest, video.device), -torch.inf
    )  # [B * N, B * N]
    right = torch.arange(clips * windows, device=video.device)
    return (
        functional.cross_entropy(similarity, right) + functional.cross_entropy(similarity.T, right)
    ) / 2
