"""A real photo that may be used freely, and what ``mesh`` makes of it, once for all tests."""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np
import skimage.data
import torch
from numpy.typing import NDArray
from styletalker.core.interfaces.inverter import Inversion
from styletalker.plugins.mesh.animate import AnimatedPhoto
from styletalker.plugins.mesh.config import MeshConfig, MeshFitConfig
from styletalker.plugins.mesh.generator import Mesh
from styletalker.plugins.mesh.inverter import MeshFit
from torch import Tensor

__all__ = ["animated", "as_images", "astronaut", "inverted", "mesh", "mesh_fit"]

_FACE = slice(0, 300), slice(75, 375)
"""Rows and columns of NASA's portrait around the head."""


@functools.cache
def astronaut(side: int = 256) -> NDArray[np.uint8]:
    """NASA's portrait of an astronaut (public domain, from scikit-image), [side, side, 3]."""
    samples: Any = skimage.data
    photo = np.ascontiguousarray(samples.astronaut()[_FACE])
    return np.asarray(cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def as_images(*photos: NDArray[np.uint8]) -> Tensor:
    """Images [B, 3, H, W] in [-1, 1] of photos [H, W, 3]."""
    values = torch.from_numpy(np.stack(photos)).permute(0, 3, 1, 2)
    return values.float() / 127.5 - 1


def mesh(side: int = 256) -> Mesh:
    """The generator without a portrait."""
    return Mesh(MeshConfig(resolution=side))


@functools.cache
def mesh_fit() -> MeshFit:
    """The inverter with its default options."""
    return MeshFit(MeshFitConfig(), resolution=256, num_ws=1, w_dim=24)


@functools.cache
def inverted(side: int = 256) -> Inversion:
    """The astronaut's inversion."""
    return mesh_fit().invert(as_images(astronaut(side)), mesh(side))


def animated(side: int = 256) -> AnimatedPhoto:
    """The astronaut, ready to be moved."""
    generator = inverted().generator
    assert isinstance(generator, Mesh)
    return generator.portraits[0].at(side)
