"""Scenes with puppets for tests of video preparation: what a raw video may hold."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, cast

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.media.movie import MovieFile
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet

Images = NDArray[np.uint8]


@functools.cache
def puppet_clip(index: int, frames: int = 50, size: int = 192) -> Clip:
    """Clip *index* of the split test; 3 and 8 talk from the first frame to the last."""
    return Puppet(PuppetConfig(resolution=size, frames=frames)).clip("test", index)


def puppet(index: int, frames: int = 50, size: int = 192) -> Images:
    """Its frames [T, size, size, 3]."""
    return puppet_clip(index, frames, size).frames


@attrs.frozen(eq=False)
class Scene:
    """What :func:`candidates` needs of a MovieFile, without a file."""

    images: Images | list[Images]

    @property
    def width(self) -> int:
        return int(self.images[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.images[0].shape[0])

    def frames(self, *, fps: int = 25, largest: int | None = None) -> Iterator[Images]:
        for image in self.images:
            longer = max(image.shape[:2])
            if largest is None or longer <= largest:
                yield image
                continue
            size = (
                round(image.shape[1] * largest / longer),
                round(image.shape[0] * largest / longer),
            )
            yield np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def movie(images: Any) -> MovieFile:
    """The scene as a movie."""
    return cast(MovieFile, Scene(images))


def on_canvas(
    images: Images, height: int, width: int, left: int, top: int, grey: int = 90
) -> Images:
    """The frames in the middle of something larger, with a pattern that detectors ignore."""
    rows, columns = np.mgrid[:height, :width]
    pattern = (grey + 20 * np.sin(columns / 17) + 15 * np.cos(rows / 23)).astype(np.uint8)
    canvas = np.repeat(np.repeat(pattern[..., None], 3, -1)[None], len(images), 0)
    canvas[:, top : top + images.shape[1], left : left + images.shape[2]] = images
    return canvas


def changed(images: Images, change: Callable[[NDArray[np.float32]], Any]) -> Images:
    """Each frame changed by a function of floats, 0 to 255."""
    return np.stack(
        [np.clip(change(one.astype(np.float32)), 0, 255).astype(np.uint8) for one in images]
    )
