"""What the metrics see of a clip: computed once, shared by all of them.

Everything is measured in the frames by dlib, for generated and ground-truth clips alike, never
taken from a corpus's own annotation: so both sides have the same errors.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, compose
from styletalker.evaluation.blinks import Blink, blinks
from styletalker.evaluation.eye_contrast import eye_contrast
from styletalker.evaluation.harness.frames import digest_of_frames
from styletalker.evaluation.harness.store import Store
from styletalker.evaluation.harness.tool import code_digest
from styletalker.evaluation.head_pose import HeadPose, head_pose
from styletalker.evaluation.mouth import aperture
from styletalker.evaluation.tracking import Track, track
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig

__all__ = ["EMBED_EVERY", "Observation", "observe", "remember_in"]

FloatArray = NDArray[np.float64]

EMBED_EVERY = 12
"""Frames from one identity vector to the next, from the first: twice a second. One takes 0.15 s
on a CPU, and those of neighbouring frames are alike."""
_BOXES = 5
"""Boxes whose landmarks are averaged: on ten puppet clips at 128 px, lips at rest seem to move half
as much as with one (0.0026 instead of 0.0052 IOD a frame), and the roll's correlation with the
truth rises from 0.85 to 0.92; nine are hardly better. Costs 11 ms a frame."""
_STEADY_FRAMES = 2.0
"""Smoothing of the eyes' places, in frames; chosen on 22 puppet clips: 0 gives an F1 of 0.86,
1 to 3 give 0.87 to 0.89."""


class Observation:
    """Landmarks, pose, lips, eyes and identity of a clip, each computed when first asked for."""

    def __init__(self, clip: Clip) -> None:
        """Of the face in *clip*; holds its frames, not the clip."""
        self._name, self._frames, self._fps = clip.name, clip.frames, clip.fps

    @functools.cached_property
    def track(self) -> Track:
        """The face, detected in every frame.

        Raises:
            InputError: there is none in any frame.
        """
        seen = self.any_track
        if not seen.found.any():
            raise InputError(compose(f"clip {self._name}: no face is found in any frame"))
        return seen

    @functools.cached_property
    def any_track(self) -> Track:
        """The same, also if there is no face at all."""
        seen = self.remembered(
            "track", lambda: attrs.asdict(track(_analyser(), self._frames, every=1), recurse=False)
        )
        return Track(**seen)

    @functools.cached_property
    def aperture(self) -> FloatArray:
        """Opening of the lips [T], see :func:`styletalker.evaluation.mouth.aperture`."""
        return aperture(self.track.landmarks)

    @functools.cached_property
    def pose(self) -> HeadPose:
        """Angles of the head."""
        return head_pose(self.track.landmarks)

    @functools.cached_property
    def blinks(self) -> list[Blink]:
        """Blinks by the contrast of both eyes' regions.

        The places of the eyes are smoothed over time, which steadies the regions and does not
        touch what is seen in them.
        """
        places = self.track.smoothed(_STEADY_FRAMES).landmarks
        return blinks(eye_contrast(self._frames, places).mean(1), self._fps)

    @functools.cached_property
    def embeddings(self) -> FloatArray:
        """Identity vectors [K, 128] of the frames 0, 12, 24, ...; NaN where no face is found."""
        return self.remembered("embeddings", lambda: {"vectors": self._embedded()})["vectors"]

    def _embedded(self) -> FloatArray:
        analyser = _analyser()
        some = self._frames[::EMBED_EVERY]
        vectors = np.full((len(some), analyser.embedding_dim), np.nan)
        for k, frame in enumerate(some):
            faces = analyser.analyse(frame, embed=True)
            if faces:
                vectors[k] = faces[0].embedding
        return vectors

    def faces_if_known(self) -> NDArray[np.int_] | None:
        """Number of faces in each frame [T], if they were looked for."""
        if "any_track" not in vars(self) and not (_STORES and _STORES[0].get(self._key("track"))):
            return None
        return self.any_track.counts

    def _key(self, what: str) -> str:
        return Store.key(what, code_digest(Observation), code_digest(Dlib), self._digest)

    def remembered(
        self, what: str, look: Callable[[], dict[str, NDArray[Any]]]
    ) -> dict[str, NDArray[Any]]:
        """What *look* sees in these frames, from the store if it was seen before.

        Args:
            what: a name that says all that *look* depends on besides the frames and this code.
            look: gives named arrays.
        """
        if not _STORES:
            return look()
        key = self._key(what)
        known = _STORES[0].get(key)
        if known is None:
            known = look()
            _STORES[0].put(key, known)
        return known

    @functools.cached_property
    def _digest(self) -> str:
        return digest_of_frames(self._frames)


_STORES: list[Store] = []
"""Where to keep what is seen; none or one."""


def remember_in(folder: Path | None) -> None:
    """Keep what is seen in frames in *folder*, for later processes too; None for nowhere."""
    _STORES[:] = [] if folder is None else [Store(folder)]


@functools.cache
def _analyser() -> Dlib:
    return Dlib(DlibConfig(boxes=_BOXES))


_SEEN: weakref.WeakKeyDictionary[Clip, Observation] = weakref.WeakKeyDictionary()
"""Observations live as long as their clips."""


def observe(clip: Clip) -> Observation:
    """What is seen in *clip*: the same object as long as the clip itself lives."""
    if clip not in _SEEN:
        _SEEN[clip] = Observation(clip)
    return _SEEN[clip]
