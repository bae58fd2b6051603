"""Scenes for tests of video preparation, and an analyser that always sees a face."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.core.media.movie import MovieFile
from styletalker.evaluation.head_pose import mean_face
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet

__all__ = ["FollowsRed", "SeesRed", "changed", "detector", "faceless", "movie", "on_canvas",
           "puppet_clip", "red_disc"]  # fmt: skip

Images = NDArray[np.uint8]


@functools.cache
def detector() -> Dlib:
    """dlib as video preparation uses it."""
    return Dlib(DlibConfig(min_side=160, upsample_on_miss=0))


@functools.cache
def puppet_clip(index: int, frames: int = 50, size: int = 192) -> Clip:
    """Clip *index* of the split test."""
    return Puppet(PuppetConfig(resolution=size, frames=frames)).clip("test", index)


@attrs.frozen(eq=False)
class Scene:
    """What is needed of a MovieFile, without a file; frames may be made when asked for."""

    images: Callable[[], Iterable[Images]]
    height: int
    width: int

    def frames(self, *, fps: int = 25, largest: int | None = None) -> Iterator[Images]:
        longer = max(self.height, self.width)
        for image in self.images():
            if largest is None or longer <= largest:
                yield image
                continue
            size = (round(self.width * largest / longer), round(self.height * largest / longer))
            yield np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def movie(
    images: Images | Callable[[], Iterable[Images]], size: tuple[int, int] | None = None
) -> MovieFile:
    """Frames [T, H, W, 3], or what makes them (then with their size), as a movie."""
    if callable(images):
        assert size is not None
        return cast(MovieFile, Scene(images, *size))
    return cast(MovieFile, Scene(lambda: iter(images), *images.shape[1:3]))


def faceless(height: int, width: int) -> Images:
    """A picture [H, W, 3] with a pattern in which detectors see nobody."""
    rows, columns = np.mgrid[:height, :width]
    pattern = (90 + 20 * np.sin(columns / 17) + 15 * np.cos(rows / 23)).astype(np.uint8)
    return np.repeat(pattern[..., None], 3, -1)


def on_canvas(images: Images, height: int, width: int, left: int, top: int) -> Images:
    """Frames [T, h, w, 3] somewhere in a larger picture; what does not fit is cut off."""
    canvas = np.repeat(faceless(height, width)[None], len(images), 0)
    part = images[:, : height - top, : width - left]
    canvas[:, top : top + part.shape[1], left : left + part.shape[2]] = part
    return canvas


def changed(images: Images, change: Callable[[NDArray[np.float32]], Any]) -> Images:
    """Each frame changed by a function of floats, 0 to 255."""
    return np.stack(
        [np.clip(change(one.astype(np.float32)), 0, 255).astype(np.uint8) for one in images]
    )


class SeesRed(FaceAnalyser):
    """Takes red discs for frontal faces: one in each picture, with a face's landmarks in it."""

    embedding_dim = 2

    def analyse(self, image: Images, *, embed: bool = False) -> tuple[Face, ...]:
        red = (image[..., 0] > 180) & (image[..., 1] < 60)
        if red.sum() < 100:
            return ()
        rows, columns = np.nonzero(red)
        middle = np.array([columns.mean(), rows.mean()]) + 0.5
        half = float(np.sqrt(red.sum() / np.pi))
        points = middle + mean_face()[:, :2] * (1.2 * half, -1.2 * half)
        face = Face(
            box=np.concatenate([middle - half, middle + half]).astype(np.float32),
            score=1.0,
            landmarks=points.astype(np.float32),
            embedding=np.array([3.0, 4.0], np.float32) if embed else None,
        )
        return (face,)


class FollowsRed(SeesRed):
    """The same, without being asked for boxes."""

    def follow(self, image: Images, box: NDArray[np.float32]) -> Face:
        return self.analyse(image)[0]


def red_disc(height: int, width: int) -> Images:
    """A picture [H, W, 3] with such a face in its middle, half as wide as the picture is high."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    inside = (rows - height / 2) ** 2 + (columns - width / 2) ** 2 < (height / 4) ** 2
    shade = 100 + 40 * np.sin(rows / height * 9) * np.cos(columns / height * 9)
    picture = np.repeat(shade[..., None], 3, -1)
    picture[inside] = (230, 20, 20)
    picture[inside, 2] += 0.5 * shade[inside]
    return picture.astype(np.uint8)
