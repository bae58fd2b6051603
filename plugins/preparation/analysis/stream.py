"""A raw video becomes candidates for clips, while it is read once from front to back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.face_analyser import FaceAnalyser
from styletalker.core.media.movie import MovieFile
from styletalker.plugins.preparation.analysis.clips import ClipMaker
from styletalker.plugins.preparation.analysis.config import FPS, AnalysisConfig
from styletalker.plugins.preparation.analysis.cutting import next_piece
from styletalker.plugins.preparation.analysis.moments import aperture
from styletalker.plugins.preparation.analysis.results import Candidate, Rejected
from styletalker.plugins.preparation.analysis.shots import GRADUAL_LAG, ShotDetector, thumbnail
from styletalker.plugins.preparation.analysis.speakers import Lips
from styletalker.plugins.preparation.analysis.stretch import Run, Spell, Stretch
from styletalker.plugins.preparation.analysis.tracker import Seen, Tracker

__all__ = ["candidates"]

_LEAST_REPORTED = 5
"""Spells of fewer frames without anything are not reported."""

Found = Candidate | Rejected


def candidates(
    movie: MovieFile,
    config: AnalysisConfig,
    analyser: FaceAnalyser,
    progress: Callable[[int], object] | None = None,
) -> Iterator[Candidate | Rejected]:
    """The stretches of a video in which one face can be seen well, and the others with a reason.

    Frames are taken at 25 a second. Memory does not depend on the video's length: the crops of a
    clip's frames for each face that is followed. The same file and options give the same result.

    Args:
        movie: the video.
        config: the options.
        analyser: finds faces; a :class:`~styletalker.evaluation.tracking.Follower` is several times
            faster, and steadier.
        progress: called with the number of frames that are done.

    Raises:
        MediaError: the video cannot be decoded on. What came before was given by then, but for the
            clips that had not ended.
    """
    shots = ShotDetector()
    waiting: deque[NDArray[np.uint8]] = deque()
    session: _Session | None = None
    done = 0
    for frame in movie.frames(fps=FPS, largest=config.largest_side):
        if session is None:
            scale = movie.width / frame.shape[1]
            session = _Session(config, analyser, shots, frame.shape[:2], scale)
        waiting.append(frame)
        shot = shots.push(thumbnail(frame))
        if shot is not None:
            yield from session.step(waiting.popleft(), shot)
            done += 1
            if progress is not None:
                progress(done)
    if session is not None:
        for shot in shots.drain():
            yield from session.step(waiting.popleft(), shot)
        yield from session.end()
        if progress is not None:
            progress(session.t)


@attrs.define
class _Nobody:
    """Frames in a row without a face."""

    start: int
    reason: str
    detail: str


class _Session:
    """One video: who is seen since when."""

    def __init__(
        self,
        config: AnalysisConfig,
        analyser: FaceAnalyser,
        shots: ShotDetector,
        picture: tuple[int, ...],
        scale: float,
    ) -> None:
        self.t, self._shot = 0, 0
        self._config, self._shots = config, shots
        self._tracker = Tracker(analyser, config)
        self._held_frames = config.max_frames + config.min_frames + GRADUAL_LAG + FPS
        self._lips = Lips(2 * self._held_frames)
        self._maker = ClipMaker(
            config=config,
            analyser=analyser,
            lips=self._lips,
            picture=(picture[0], picture[1]),
            scale=scale,
        )
        self._stretches: dict[int, Stretch] = {}
        self._nobody: _Nobody | None = None

    def step(self, picture: NDArray[np.uint8], shot: int) -> Iterator[Found]:
        """The next frame [H, W, 3], and which shot it is in."""
        new_shot = self.t == 0 or shot != self._shot
        if new_shot:
            yield from self._end_all()
            self._shot = shot
        seen = self._tracker.step(picture, new_shot=new_shot)
        here = {one.track for one in seen}
        for track in [track for track in self._stretches if track not in here]:
            yield from self._end(track)
        yield from self._note_nobody(seen)
        for one in seen:
            self._lips.note(self.t, one.track, aperture(one.landmarks))
        for one in seen:
            stretch = self._stretches.get(one.track)
            if stretch is None:
                stretch = Stretch(self._config, self._shots.spoiled)
                self._stretches[one.track] = stretch
            rivals = self._rivals(one, seen)
            pieces = stretch.add(self.t, picture, one, rivals, crowd=self._tracker.crowd)
            yield from self._found(one.track, pieces)
        self._lips.forget(self.t - self._held_frames)
        self.t += 1

    def end(self) -> Iterator[Found]:
        """Nothing more follows."""
        yield from self._end_all()

    def _rivals(self, one: Seen, seen: list[Seen]) -> tuple[int, ...]:
        least = self._config.rival_size * one.width
        return tuple(o.track for o in seen if o.track != one.track and o.width >= least)

    def _end_all(self) -> Iterator[Found]:
        for track in list(self._stretches):
            yield from self._end(track)
        yield from self._end_nobody()

    def _end(self, track: int) -> Iterator[Found]:
        yield from self._found(track, self._stretches.pop(track).end())

    def _found(self, track: int, pieces: Iterator[Run | Spell]) -> Iterator[Found]:
        for piece in pieces:
            if isinstance(piece, Spell):
                yield self._rejected(piece.start, piece.stop, piece.reason, piece.detail, track)
            else:
                yield from self._cut(track, piece)

    def _cut(self, track: int, run: Run) -> Iterator[Found]:
        while True:
            piece = next_piece(run.moments, self._config, ended=run.ended)
            if piece is None:
                return
            taken = run.moments[: piece.length]
            del run.moments[: piece.length]
            if piece.reason:
                start, stop = taken[0].t, taken[-1].t + 1
                yield self._rejected(start, stop, piece.reason, "", track)
            else:
                yield self._maker.make(taken, self._shot, track)

    def _note_nobody(self, seen: list[Seen]) -> Iterator[Found]:
        if seen:
            yield from self._end_nobody()
            return
        width = self._tracker.too_small
        reason = "face-too-small" if width else "no-face"
        if self._nobody is not None and self._nobody.reason != reason:
            yield from self._end_nobody()
        if self._nobody is None:
            self._nobody = _Nobody(self.t, reason, f"{width:.0f} pixels wide" if width else "")

    def _end_nobody(self) -> Iterator[Found]:
        nobody, self._nobody = self._nobody, None
        if nobody is not None and self.t - nobody.start >= _LEAST_REPORTED:
            yield self._rejected(nobody.start, self.t, nobody.reason, nobody.detail, None)

    def _rejected(
        self, start: int, stop: int, reason: str, detail: str, track: int | None
    ) -> Rejected:
        return Rejected(
            start=start, stop=stop, reason=reason, detail=detail, shot=self._shot, track=track
        )
