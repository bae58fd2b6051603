"""Sharing a batch among processes: gathering items, averaging gradients and buffers.

Gradients are averaged over the processes after the backward pass, in one all-reduce. That is what
DDP's wrapper does with hooks; without hooks an objective may use some of its parameters only now
and then, run a network twice, or differentiate a gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.distributed
from torch import Tensor, nn

__all__ = ["average_buffers", "average_gradients", "gather", "mean_over_processes"]


def gather(tensor: Tensor) -> Tensor:
    """The rows of all processes, in their order: [B, ...] -> [processes * B, ...]; differentiable.

    On one process it is the identity. Each process must give the same shape. The backward pass
    sums the gradients that all processes have for a row. As gradients of parameters are then
    averaged, both usual ways of writing a contrastive loss need no factor: the mean over all
    items, computed alike by every process; or the mean over one's own items, against all others.
    Both give the gradient of one process that holds the whole batch.
    """
    if _world() == 1:
        return tensor
    gathered: Tensor = _Gather.apply(tensor)
    return gathered


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace each gradient by its mean over the processes.

    Every process must have gradients for the same parameters.
    """
    if _world() == 1:
        return
    _average([one.grad for one in parameters if one.grad is not None])


def average_buffers(modules: Sequence[nn.Module]) -> None:
    """Replace each persistent buffer with fractions by its mean over the processes.

    Running means (of codes, of a batch normalisation) then follow the whole batch.
    """
    if _world() == 1:
        return
    buffers: dict[int, Tensor] = {}
    for module in modules:
        saved = module.state_dict(keep_vars=True)
        for name, buffer in module.named_buffers():
            if name in saved and buffer.is_floating_point():
                buffers[id(buffer)] = buffer
    _average(list(buffers.values()))


def mean_over_processes(values: Tensor) -> Tensor:
    """The mean over the processes of a tensor without gradient."""
    if _world() == 1:
        return values
    total = values.detach().clone()
    torch.distributed.all_reduce(total)
    return total / _world()


class _Gather(torch.autograd.Function):
    """All-gather whose backward is an all-reduce (sum) of which each process keeps its rows."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        """Concatenate the rows of all processes."""
        parts = [torch.empty_like(tensor) for _ in range(_world())]
        torch.distributed.all_gather(parts, tensor.contiguous())
        ctx.rows = len(tensor)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """The sum over processes of the gradient for this process's rows."""
        total = gradients[0].contiguous().clone()
        torch.distributed.all_reduce(total)
        start = torch.distributed.get_rank() * ctx.rows
        return total[start : start + ctx.rows]


def _world() -> int:
    available = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_world_size() if available else 1


def _average(tensors: Sequence[Tensor]) -> None:
    """Average in place, all in one message.

    Sums are formed in float64, so that what is the same everywhere stays the same to the last bit.
    """
    if not tensors:
        return
    flat = torch.cat([tensor.detach().double().flatten() for tensor in tensors])
    torch.distributed.all_reduce(flat)
    flat /= _world()
    parts = torch.split(flat, [tensor.numel() for tensor in tensors])
    with torch.no_grad():
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))
