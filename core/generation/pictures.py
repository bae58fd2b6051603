"""Portraits and motion videos as a talker needs them: one square around the face, its size."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.assembly import Components
from styletalker.core.errors import InputError, PluginError, StyletalkerError, compose
from styletalker.core.generation.canvas import Canvas, whole_canvas
from styletalker.core.generation.choices import Choices
from styletalker.core.generation.framing import (
    Crop,
    Framing,
    Say,
    check_size,
    face_square,
    framing_in,
    is_framed,
    square_of,
    tell_cut,
)
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.core.media.crop import Square, to_size
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.portrait import read_image
from styletalker.core.pretrained import PretrainedTalker
from styletalker.core.registry import Registry
from styletalker.core.weights import read_facts

__all__ = ["Pictures", "framing_of"]

_ROLE = "face_analyser"
_LOOKS = 60
"""Most frames of a motion video in which the face is looked for."""
_LOOKS_PER_S = 2
_LEAST_SIDE = 64
"""Of a generator of any size, in pixels."""


class Pictures:
    """Cuts pictures for one talker; a face analyser is made when one is first needed."""

    def __init__(
        self,
        components: Components,
        registry: Registry,
        *,
        framing: Framing,
        resolution: int,
        face_analyser: str | None,
    ) -> None:
        """Cut to *framing* and *resolution*."""
        self._components, self._registry = components, registry
        self._framing, self._resolution = framing, resolution
        self._named = face_analyser
        self._analyser: FaceAnalyser | None = None

    def portrait(
        self,
        portrait: Path | str | NDArray[np.uint8],
        choices: Choices,
        say: Say,
        *,
        any_size: bool,
    ) -> Canvas:
        """A portrait as the talker sees it, and the picture around it if that is shown.

        *any_size* says whether the generator is
        :class:`~styletalker.core.interfaces.generator.Resizable`.

        Raises:
            InputError: it is not usable, there is no face in it, or the generator cannot show it
                as *choices* ask.
            MediaError: it cannot be read.
            PluginError: there is no face analyser.
        """
        given = isinstance(portrait, Path | str)
        where = str(portrait) if given else "the portrait"
        image = read_image(portrait) if isinstance(portrait, Path | str) else portrait
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            found = f"{image.dtype} {list(image.shape)}"
            raise InputError(compose("not an image", expected="uint8 [H, W, 3]", given=found))
        check_size(image, where)
        _check_shown(choices, any_size=any_size, resolution=self._resolution)
        height, width = image.shape[:2]
        if choices.crop == "none":
            side = self._side(min(height, width), choices, any_size=any_size)
            return Canvas(image=to_size(image, side))
        square = face_square(
            image,
            self._face_analyser(),
            self._framing,
            resolution=self._resolution,
            where=where,
            say=say,
            which=choices.face,
        )
        if choices.crop == "full" or (choices.crop == "auto" and any_size):
            return whole_canvas(image, square, resolution=self._resolution, size=choices.size)
        if is_framed(square, height, width, self._framing):
            return Canvas(image=to_size(image, self._side(height, choices, any_size=any_size)))
        tell_cut(square, height, width, where=where, say=say)
        side = self._side(square.side, choices, any_size=any_size)
        return Canvas(image=to_size(image, side, box=square))

    def _side(self, native: int, choices: Choices, *, any_size: bool) -> int:
        """Pixels a side of the square, of which the picture has *native*."""
        if choices.size is not None or not any_size:
            return choices.size or self._resolution
        return max(min(native, self._resolution) // 2 * 2, _LEAST_SIDE)

    def video(
        self, path: str, crop: Crop, fps: int, most: int | None, say: Say
    ) -> Iterator[NDArray[np.uint8]]:
        """Up to *most* frames [R, R, 3] of a video at *fps*, all cut by the same square.

        Raises:
            InputError, MediaError, PluginError: as :meth:`portrait`.
        """
        movie = MovieFile.open(path)
        box = None
        if crop != "none":
            box = self._square_in(movie, None if most is None else Fraction(most, fps), say)
        frames = itertools.islice(movie.frames(fps=fps), most)
        return (to_size(frame, self._resolution, box=box) for frame in frames)

    def _square_in(self, movie: MovieFile, seconds: Fraction | None, say: Say) -> Square:
        """The square around the face in the first *seconds* of a video."""
        where, whole = str(movie.path), movie.facts.duration_s
        seconds = whole if seconds is None else min(whole, seconds)
        looks = max(1, min(_LOOKS, int(seconds * _LOOKS_PER_S)))
        rate = min(Fraction(movie.fps), looks / seconds) if seconds else Fraction(1)
        faces: list[Face] = []
        looked = 0
        for frame in itertools.islice(movie.frames(fps=rate), looks):
            check_size(frame, where)
            faces += self._face_analyser().analyse(frame)[:1]
            looked += 1
        square = square_of(faces, self._framing, resolution=self._resolution, where=where)
        if 2 * len(faces) < looked:
            say(f"{where}: a face was found in only {len(faces)} of {looked} frames looked at")
        return square

    def _face_analyser(self) -> FaceAnalyser:
        """The talker's own, the one that was named, or the first that works."""
        if self._analyser is None:
            self._analyser = self._find()
        return self._analyser

    def _find(self) -> FaceAnalyser:
        if self._named is not None:
            return self._made(self._named)
        if _ROLE in self._components.roles:
            return self._components.get("face_analyser")
        failures: list[str] = []
        for name in self._registry.names(_ROLE):
            try:
                return self._made(name)
            except StyletalkerError as error:
                failures.append(str(error))
        problem = "no face analyser is there to find the face in the portrait"
        reasons = f" ({'; '.join(failures)})" if failures else ""
        fix = "Install one, or crop the portrait to the face and say --crop none (crop='none')."
        raise PluginError(compose(problem + reasons, fix=fix))

    def _made(self, name: str) -> FaceAnalyser:
        config: Any = self._registry.get(_ROLE, name).component.config
        made: FaceAnalyser = self._registry.load(_ROLE, name)(config())
        return made


def framing_of(components: Components, name: str) -> Framing:
    """The framing a talker says in ``talker.json``, in its card, or beside the generator's weights.

    Raises:
        CheckpointError: it is not valid.
    """
    told: list[Any] = []
    if isinstance(components, PretrainedTalker):
        told += [components.facts, components.facts.get("card") or {}]
    weights = components.chosen("generator").weights
    if weights is not None and weights.family is None:
        told.append(read_facts(weights.path))
    return framing_in(name, *told)


def _check_shown(choices: Choices, *, any_size: bool, resolution: int) -> None:
    """Refuse what only a generator of any size can show.

    Raises:
        InputError: it is asked for.
    """
    if any_size:
        return
    if choices.crop == "full":
        problem = "this talker's generator moves the whole square, not a face in a larger picture"
        raise InputError(compose(problem, fix="Say --crop face (crop='face')."))
    if choices.size not in (None, resolution):
        problem = "this talker makes pictures of one size"
        raise InputError(compose(problem, expected=f"{resolution}", given=choices.size))
