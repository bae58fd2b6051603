"""SyncNet's features in less time, for scoring: equal to the plain pass but for rounding.

A window is five frames and the first layer's filter is five frames deep: two windows have no sum
in common. What they share is the frames themselves, so every frame is transformed once and stands
in five windows; all convolutions but the last multiply in the transformed domain
(:mod:`styletalker.plugins.syncnet.winograd`). Batch normalisation is folded into the weights, and
bias and ReLU follow the pooling, which changes nothing since both are monotone.
"""

from __future__ import annotations

from typing import Any

import torch
from styletalker.plugins.syncnet.network import WINDOW_FRAMES, SyncNetNetwork
from styletalker.plugins.syncnet.scoring import Streams
from styletalker.plugins.syncnet.winograd import Scratch, TileConvolution
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["fast_streams"]

_TOGETHER = 5
"""Windows that go through the layers after the first at once: more would leave the cache."""
_POOLED = 27
"""Half the side of the first pooled map."""
_SOUNDS = 32


def fast_streams(network: SyncNetNetwork) -> Streams:
    """The networks of :class:`SyncNetNetwork`, in evaluation mode and float32, on the CPU."""
    network = network.float().eval()
    return Streams(video=_Video(network), audio=_Audio(network))


class _Video:
    """Features [N, E] of frames [T, 3, 224, 224]."""

    def __init__(self, network: SyncNetNetwork) -> None:
        layers, scratch = network.netcnnlip, Scratch()
        weight, bias = _folded(layers[0], layers[1])
        colours = weight.shape[1]
        self.first_bias = bias[:, None, None]
        self.first = TileConvolution(_without_step(weight.flatten(1, 2)), scratch=scratch)
        self.frame_channels = 4 * colours
        # the transformed filters, frame after frame as windows are laid out: [n n, K, 5 C]
        filters = torch.unflatten(self.first.filters, 1, (4, colours, WINDOW_FRAMES))
        self.first_filters = filters.permute(0, 4, 3, 1, 2).flatten(2).contiguous()
        weight, self.second_bias = _folded(layers[4], layers[5])
        self.second = TileConvolution(_without_step(weight[:, :, 0], ahead=1), scratch=scratch)
        self.others = [_tiled(layers[k], layers[k + 1], scratch) for k in (8, 11, 14)]
        self.last = _linear(layers[18], layers[19])
        self.head = network.netfclip
        self.scratch, self.frames = scratch, Scratch()

    @torch.no_grad()
    def __call__(self, frames: Tensor) -> Tensor:
        windows = len(frames) - WINDOW_FRAMES + 1
        turned = self._frames(frames)
        features = []
        for start in range(0, windows, _TOGETHER):
            stop = min(start + _TOGETHER, windows)
            side, channels = _POOLED + 1, 4 * self.first.channels
            maps = self.frames("maps", stop - start, side, side, channels).zero_()
            for n in range(start, stop):
                self._first(turned, n, maps[n - start])
            features.append(self._rest(maps))
        return torch.cat(features)

    def _frames(self, frames: Tensor) -> Tensor:
        """All frames transformed [n n, T C, tiles]: a window is a slice of the middle axis."""
        first, side = self.first, _POOLED + 1
        planes = len(frames) * self.frame_channels
        around = self.frames("around", len(frames), 4, 3, *[first.tile * side + first.taps - 1] * 2)
        around.zero_()
        half = frames.shape[-1] // 2
        for k in range(4):
            around[:, k, :, :half, :half] = frames[..., k // 2 :: 2, k % 2 :: 2]
        pieces = self.frames("pieces", first.count**2, planes, side, side)
        reach = first.tile * (side - 1) + 1
        for k in range(first.count**2):
            row, column = divmod(k, first.count)
            rows, columns = slice(row, row + reach, 4), slice(column, column + reach, 4)
            pieces[k] = around.flatten(0, 2)[:, rows, columns]
        turned = self.frames("turned", first.count**2, planes, side * side)
        torch.mm(first.inward, pieces.flatten(1), out=turned.flatten(1))
        return turned

    def _first(self, turned: Tensor, window: int, maps: Tensor) -> None:
        """The first layer of a window, pooled, to *maps* [28, 28, 4 K]: its phases as channels."""
        low, side = window * self.frame_channels, _POOLED + 1
        seen = turned[:, low : low + WINDOW_FRAMES * self.frame_channels]
        product = self.scratch("product", len(turned), self.first.channels, turned.shape[-1])
        torch.bmm(self.first_filters, seen, out=product)
        tiles = torch.unflatten(self.first.back(product), 3, (side, side))
        pooled = _pooled(tiles).add_(self.first_bias).relu_()
        phases = torch.unflatten(maps, 2, (4, -1))
        for a in (0, 1):
            for b in (0, 1):
                place = phases[a : a + _POOLED, b : b + _POOLED, 2 * a + b]
                place.copy_(pooled[a, b].permute(1, 2, 0))

    def _rest(self, maps: Tensor) -> Tensor:
        """Features [N, E] from what :meth:`_first` gives, [N, 28, 28, 4 K]."""
        x = _pool(self.second(maps), 3, 2, 1).add_(self.second_bias).relu_()
        for convolution, bias in self.others:
            x = convolution(x, 1).add_(bias).relu_()
        x = functional.relu(functional.linear(_pool(x, 3, 2).flatten(1), *self.last))
        return self.head(x)  # type: ignore[no-any-return]


class _Audio:
    """Features [N, E] of MFCC windows [N, 1, 13, 20]."""

    def __init__(self, network: SyncNetNetwork) -> None:
        layers, scratch = network.netcnnaud, Scratch()
        self.first = _folded(layers[0], layers[1])
        self.second = _tiled(layers[4], layers[5], scratch)
        self.others = [_tiled(layers[k], layers[k + 1], scratch) for k in (8, 11, 14)]
        self.last = _linear(layers[18], layers[19])
        self.head = network.netfcaud

    @torch.no_grad()
    def __call__(self, windows: Tensor) -> Tensor:
        return torch.cat([self._some(part) for part in torch.split(windows, _SOUNDS)])

    def _some(self, windows: Tensor) -> Tensor:
        x = functional.conv2d(windows, *self.first, padding=1).relu_().permute(0, 2, 3, 1)
        convolution, bias = self.second
        x = _pool(convolution(x, 1), 3, (1, 2)).add_(bias).relu_()
        for convolution, bias in self.others:
            x = convolution(x, 1).add_(bias).relu_()
        x = functional.relu(functional.linear(_pool(x, 3, 2).flatten(1), *self.last))
        return self.head(x)  # type: ignore[no-any-return]


def _without_step(weight: Tensor, ahead: int = 0) -> Tensor:
    """Filters of step 2 as filters of step 1 over the four phases of a picture, [K, 4 C, r, r].

    Args:
        weight: [K, C, k, k].
        ahead: zeros before the picture (its padding), 0 or 1. Then the odd phase comes one later:
            its rows and columns start with a zero.
    """
    taps = (weight.shape[-1] + 1) // 2
    found = weight.new_zeros(len(weight), 2, 2, weight.shape[1], taps, taps)
    for a in (0, 1):
        for b in (0, 1):
            part = weight[..., (a + ahead) % 2 :: 2, (b + ahead) % 2 :: 2]
            found[:, a, b, :, : part.shape[-2], : part.shape[-1]] = part
    return found.flatten(1, 3)


def _pooled(tiles: Tensor) -> Tensor:
    """Largest of 3 x 3, every second, of tiles [4, 4, K, rows, columns]: phases [2, 2, K, 27, 27].

    Within a tile the places are phases of the picture, so no picture needs to be put together.
    """
    down = [_largest(tiles, 0), _largest(tiles, 2)]  # even and odd rows, [4, K, 27, columns]
    turned = [rows.transpose(-1, -2) for rows in down]
    both = [torch.stack([_largest(one, 0), _largest(one, 2)]) for one in turned]
    return torch.stack(both).transpose(-1, -2)


def _largest(tiles: Tensor, start: int) -> Tensor:
    """Largest of three neighbours from place *start* of 4, of tiles [4, ..., rows, columns].

    The third neighbour of place 2 is place 0 of the next row of tiles.
    """
    here = tiles[..., :_POOLED, :]
    third = here[2] if start == 0 else tiles[0, ..., 1 : _POOLED + 1, :]
    return torch.maximum(torch.maximum(here[start], here[start + 1]), third)


def _pool(pictures: Tensor, size: int, step: Any, padding: int = 0) -> Tensor:
    """Largest of *size* x *size* of pictures [N, H, W, C]."""
    planes = pictures.permute(0, 3, 1, 2)
    return functional.max_pool2d(planes, size, step, padding).permute(0, 2, 3, 1).contiguous()


def _folded(convolution: Any, norm: Any) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution with the batch normalisation after it."""
    scale = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
    weight = convolution.weight.detach().double()
    bias = (convolution.bias.detach().double() - norm.running_mean.double()) * scale
    shape = (-1, *[1] * (weight.dim() - 1))
    return (weight * scale.view(shape)).float(), (bias + norm.bias.detach().double()).float()


def _tiled(
    convolution: nn.Module, norm: nn.Module, scratch: Scratch
) -> tuple[TileConvolution, Tensor]:
    weight, bias = _folded(convolution, norm)
    flat = weight[:, :, 0] if weight.dim() == 5 else weight
    return TileConvolution(flat, scratch=scratch), bias


def _linear(convolution: nn.Module, norm: nn.Module) -> tuple[Tensor, Tensor]:
    """A convolution over the whole map as a matrix over [H, W, C], and its bias."""
    weight, bias = _folded(convolution, norm)
    flat = weight[:, :, 0] if weight.dim() == 5 else weight
    return flat.permute(0, 2, 3, 1).flatten(1).contiguous(), bias
