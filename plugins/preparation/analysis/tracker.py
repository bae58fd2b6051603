"""Faces over time: a detector now and then, landmarks in every frame.

A detector's box jumps by some pixels from frame to frame, and the landmarks with it. So a face's
box is carried along by its own eyes and nose. The detector confirms every few frames that there is
still a face; where its boxes are relative to the eyes and nose, on average, keeps the box from
drifting off with landmarks that are wrong. Landmarks are placed in a patch that is turned upright
and scaled to one size (regression trees give whole pixels), in several boxes around the expected
one, which change from frame to frame: the mean over them, and later over time, wavers less.
"""

from __future__ import annotations

from collections import deque

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.evaluation.tracking import Follower
from styletalker.plugins.preparation.analysis.boxes import in_picture, overlap, rotation, width_of
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.detect import Searcher, confirmed
from styletalker.plugins.preparation.analysis.patch import Patch, Pose2d, patch_of, pose_of

__all__ = ["CHECK_EVERY", "CHECK_FACE", "Seen", "Sight", "Tracker"]

FloatArray = NDArray[np.float64]

CHECK_EVERY = 5
"""Frames from one confirmation by the detector to the next."""
CHECK_FACE = 112
"""Width of the face in the patch that is looked at for confirmation and quality, in pixels."""
_SEARCH_EVERY = 25
"""Frames from one search of the whole picture to the next, while there are faces."""
_SEARCH_NOBODY = 5
"""The same while there is none."""
_BOXES = 3
_BOX_SHIFT, _BOX_UP, _BOX_SCALES = 0.04, 0.045, (1.06, 1.14)
"""Boxes are shifted along a circle, and larger and higher than the detector's: in a lower, smaller
one, dlib's landmarks take the rim of glasses for eyes."""
_ASTRAY = 0.06
"""Landmarks of a box this part of its width away from those of the others do not count."""
_PATCH, _PATCH_FACE = 384, 192
_CHECK_PATCH = 2 * CHECK_FACE
_TURN = 2.399963
"""The golden angle: boxes of successive frames are all different."""
_FARTHEST, _LEAST_SCALE, _MOST_SCALE = 0.16, 0.8, 1.25
"""A face moves by less than this part of its width from a frame to the next, and its size changes
by less than this: what does more was lost, or the video was cut inside of the shot."""
_DITHER = (1.0, 0.9, 1.1, 0.95, 1.06)
"""Scales of successive patches in which the detector looks: its boxes come in steps of a tenth of
their width, and of a sixth in size, which average out."""
_FIRST_LOOKS = 3
"""How often the detector looks at a new face."""
_REMEMBERED = 8
"""Boxes of the detector that are averaged."""
_LIKENESS, _ALIKE = 24, 0.6
"""Pixels a side of a face that is compared with itself, and the least correlation: one that turns
and speaks stays above 0.9 from a frame to the next."""
_DRIFTED = 0.3
"""A box this part of its width from the detector's is set anew."""
_SAME = 0.3
"""Overlap (intersection over union) from which two boxes are of one face."""


@attrs.frozen(eq=False)
class Sight:
    """What the detector said, and the patch it saw."""

    patch: Patch
    """The face upright, CHECK_FACE wide, with its surroundings."""
    score: float
    """The detector's; NaN if it saw no face."""


@attrs.frozen(eq=False)
class Seen:
    """One face in one frame."""

    track: int
    """Number of the face in the video."""
    landmarks: FloatArray
    """[68, 2], pixels of the picture; where they must be, if the face is not ``sure``."""
    width: float
    """Width of its box, pixels."""
    sure: bool
    """Whether the face is there, as far as is known yet."""
    plausible: bool = True
    """Whether it looks like the face that was there before, though the detector may not see it."""
    proves: int = 0
    """Frames before this one that were unsure: the plausible ones of them were right after all."""
    sight: Sight | None = None
    """In frames in which the detector was asked."""


class _Face:
    """One face that is followed."""

    def __init__(self, number: int, found: Face) -> None:
        self.number = number
        self.landmarks = np.asarray(found.landmarks, np.float64)
        self.age = 0
        self.unsure = 0
        self.new = True
        self.looks = 0
        self.likeness: FloatArray | None = None
        self.now: FloatArray | None = None
        self._boxes: deque[FloatArray] = deque(maxlen=_REMEMBERED)
        self.remember(np.asarray(found.box, np.float64))

    def remember(self, box: FloatArray, *, anew: bool = False) -> None:
        """Where a detector's box [4] is relative to the landmarks; *anew* forgets earlier ones."""
        if anew:
            self._boxes.clear()
        pose = pose_of(self.landmarks)
        wide = float(box[2] - box[0]) / pose.size
        off = rotation(-pose.tilt) @ ((box[:2] + box[2:]) / 2 - pose.middle) / pose.size
        self._boxes.append(np.array([*off, wide]))

    def box(self, pose: Pose2d | None = None) -> tuple[FloatArray, float]:
        """Centre [2] and width of the box that belongs to the landmarks."""
        pose = pose or pose_of(self.landmarks)
        x, y, wide = np.mean(self._boxes, 0)
        centre = pose.middle + rotation(pose.tilt) @ np.array([x, y]) * pose.size
        return np.asarray(centre), float(wide * pose.size)


class Tracker:
    """Follows the faces of a video; give it every frame."""

    def __init__(self, analyser: FaceAnalyser, config: AnalysisConfig) -> None:
        """At the start of a video."""
        self._analyser = analyser
        self._follower = analyser if isinstance(analyser, Follower) else None
        self._config = config
        self._searcher = Searcher(analyser, config.min_face)
        self._faces: list[_Face] = []
        self._numbers = 0
        self._since = 0
        self.too_small = 0.0
        """Width of the largest face that the last search found too small; 0 if there was none."""
        self.crowd = False
        """Whether the last search found more faces of comparable size than may be followed."""

    def step(self, picture: NDArray[np.uint8], *, new_shot: bool) -> list[Seen]:
        """The faces in the next frame [H, W, 3], in the order in which they appeared."""
        if new_shot:
            self._faces, self._since = [], 0
        seen = [self._followed(face, picture) for face in self._faces if not face.new]
        kept = [face for face in self._faces if face.unsure <= self._config.bridge_frames]
        if len(kept) < len(self._faces):
            self._faces, self._since = kept, 0  # lost: look for it, or for another, at once
        due = _SEARCH_EVERY if self._faces else _SEARCH_NOBODY
        if self._since % due == 0:
            fresh = new_shot or self._since == 0
            self._search(picture, thorough=bool(self._faces) or fresh)
            seen += [self._first(face, picture) for face in self._faces if face.new]
        self._since += 1
        return seen

    def _search(self, picture: NDArray[np.uint8], *, thorough: bool) -> None:
        search = self._searcher.thorough if thorough else self._searcher.quick
        found = search(picture)
        self.too_small, self.crowd = 0.0, False
        if not found:
            return
        widths = [width_of(face) for face in found]
        largest = max([*widths, *(face.box()[1] for face in self._faces)])
        if largest < self._config.min_face:
            self.too_small = largest
            return
        least = max(self._config.min_face, self._config.rival_size * largest)
        comparable = [face for face in found if width_of(face) >= least]
        self.crowd = len(comparable) > self._config.most_faces
        for face in comparable:
            known = any(overlap(face, *other.box()) > _SAME for other in self._faces)
            if not known and len(self._faces) < self._config.most_faces:
                self._faces.append(_Face(self._numbers, face))
                self._numbers += 1

    def _first(self, face: _Face, picture: NDArray[np.uint8]) -> Seen:
        """A face in the frame in which it was found: placed a second time, as the next will be."""
        face.new = False
        for _ in range(_FIRST_LOOKS):
            self._confirm(face, picture)
        placed = self._placed(face, picture)
        if placed is not None:
            face.landmarks = placed
        return self._checked(face, picture)

    def _followed(self, face: _Face, picture: NDArray[np.uint8]) -> Seen:
        face.age += 1
        placed = self._placed(face, picture)
        before = pose_of(face.landmarks)
        alike = _alike(face.likeness, face.now)
        jumped = placed is None or _jumps(before, pose_of(placed), face.box()[1])
        if placed is not None and not jumped:
            face.landmarks = placed
        if jumped or not alike or face.unsure or face.age % CHECK_EVERY == 0:
            return self._checked(face, picture, jumped=jumped, alike=alike)
        face.likeness = face.now
        return self._seen(face, sure=True)

    def _checked(
        self,
        face: _Face,
        picture: NDArray[np.uint8],
        *,
        jumped: bool = False,
        alike: bool = True,
    ) -> Seen:
        """Ask the detector about a face, and keep a patch of it to judge its quality by."""
        score = float("nan") if jumped else self._confirm(face, picture)
        centre, width = face.box()
        tilt = pose_of(face.landmarks).tilt
        patch = patch_of(picture, centre, _CHECK_PATCH / CHECK_FACE * width, tilt, _CHECK_PATCH)
        sight = Sight(patch, score)
        if np.isnan(score):
            face.unsure += 1
            plausible = alike and not jumped
            return self._seen(face, sure=False, plausible=plausible, sight=sight)
        face.likeness = face.now
        proves, face.unsure = face.unsure, 0
        return self._seen(face, sure=True, proves=proves, sight=sight)

    def _confirm(self, face: _Face, picture: NDArray[np.uint8]) -> float:
        """The detector's score for a face where it must be; NaN if it sees none."""
        centre, width = face.box()
        tilt = pose_of(face.landmarks).tilt
        width_seen = CHECK_FACE * _DITHER[face.looks % len(_DITHER)]
        face.looks += 1
        patch = patch_of(picture, centre, _CHECK_PATCH / width_seen * width, tilt, _CHECK_PATCH)
        found = confirmed(self._analyser, patch, width_seen)
        if found is None:
            return float("nan")
        box = in_picture(patch, found)
        off = float(np.abs((box[:2] + box[2:]) / 2 - centre).max()) / width
        drifted = off > _DRIFTED or abs(float(box[2] - box[0]) / width - 1) > _DRIFTED
        face.remember(box, anew=drifted)
        return found.score

    def _seen(self, face: _Face, **known: object) -> Seen:
        return Seen(face.number, face.landmarks.copy(), face.box()[1], **known)  # type: ignore[arg-type]

    def _placed(self, face: _Face, picture: NDArray[np.uint8]) -> FloatArray | None:
        """Landmarks [68, 2] of the face near where it was; None if a detector sees none there."""
        centre, width = face.box()
        tilt = pose_of(face.landmarks).tilt
        patch = patch_of(picture, centre, _PATCH / _PATCH_FACE * width, tilt, _PATCH)
        face.now = _likeness(patch.image)
        if self._follower is None:
            found = confirmed(self._analyser, patch, _PATCH_FACE)
            return None if found is None else patch.to_picture(found.landmarks)
        boxes = _boxes(face.age)
        points = [self._follower.follow(patch.image, box).landmarks for box in boxes]
        return patch.to_picture(_agreed(np.stack(points).astype(np.float64)))


def _boxes(age: int) -> list[NDArray[np.float32]]:
    """The boxes in the patch in which landmarks are placed, in the face's frame *age*."""
    found = []
    for k in range(_BOXES):
        angle = 2 * np.pi * k / _BOXES + _TURN * age
        half = _PATCH_FACE / 2 * _BOX_SCALES[(k + age) % len(_BOX_SCALES)]
        x = _PATCH / 2 + _BOX_SHIFT * _PATCH_FACE * np.cos(angle)
        y = _PATCH / 2 + (_BOX_SHIFT * np.sin(angle) - _BOX_UP) * _PATCH_FACE
        found.append(np.array([x - half, y - half, x + half, y + half], np.float32))
    return found


def _likeness(patch: NDArray[np.uint8]) -> FloatArray:
    """The face in a patch as a few numbers, without brightness and contrast."""
    start = (_PATCH - _PATCH_FACE) // 2
    face = np.ascontiguousarray(patch[start : start + _PATCH_FACE : 2, start:-start:2])
    small = cv2.resize(face, (_LIKENESS, _LIKENESS), interpolation=cv2.INTER_AREA).mean(-1)
    return np.asarray((small - small.mean()) / max(float(small.std()), 1.0), np.float64)


def _alike(before: FloatArray | None, now: FloatArray | None) -> bool:
    if before is None or now is None:
        return True
    return float((before * now).mean()) > _ALIKE


def _agreed(points: FloatArray) -> FloatArray:
    """The mean [68, 2] of landmarks [N, 68, 2] in a patch, without those that went astray."""
    middle = np.median(points, 0)
    off = np.linalg.norm(points - middle, axis=-1).mean(-1)
    good = off < max(_ASTRAY * _PATCH_FACE, float(off.min()) + 1e-6)
    return np.asarray(points[good].mean(0))


def _jumps(before: Pose2d, after: Pose2d, width: float) -> bool:
    far = float(np.abs(after.middle - before.middle).max()) > _FARTHEST * width
    return far or not _LEAST_SCALE < after.size / max(before.size, 1e-6) < _MOST_SCALE
