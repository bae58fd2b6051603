"""From kept moments to a candidate: crops, steady landmarks, identity, facts."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.face_analyser import FaceAnalyser
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.moments import Moment, aperture, landmarks_of
from styletalker.plugins.preparation.analysis.results import Candidate, Rejected, Window
from styletalker.plugins.preparation.analysis.smoothing import jitter, steady
from styletalker.plugins.preparation.analysis.speakers import Lips, lip_activity
from styletalker.plugins.preparation.analysis.window import outside, placings, window_of

__all__ = ["ClipMaker"]

FloatArray = NDArray[np.float64]

_STILL = 0.12
"""Mean change from frame to frame (0 to 255) below which a frame repeats the last one."""
_STILL_SHARE = 0.95
"""A clip with more such frames than this is a still picture."""
_LOOKS = 3
"""Frames whose identity vectors are averaged."""


@attrs.frozen(kw_only=True, eq=False)
class ClipMaker:
    """Makes candidates of one video."""

    config: AnalysisConfig
    analyser: FaceAnalyser
    lips: Lips
    picture: tuple[int, int]
    """Rows and columns of the decoded pictures."""
    scale: float
    """Pixels of the input in one of the decoded picture."""

    def make(self, moments: list[Moment], shot: int, track: int) -> Candidate | Rejected:
        """The candidate of some moments, or why there is none."""
        start, stop = moments[0].t, moments[-1].t + 1

        def refused(reason: str, detail: str) -> Rejected:
            return Rejected(
                start=start, stop=stop, reason=reason, detail=detail, shot=shot, track=track
            )

        found = float(np.mean([one.sure for one in moments]))
        if found < self.config.min_found or not found:
            return refused("face-lost", f"found in {found:.0%} of the frames")
        reason, detail = self._speaks(moments, track)
        if reason:
            return refused(reason, detail)
        landmarks = landmarks_of(moments)
        window = window_of(placings(landmarks, self.config), moments[0].held.shrink, self.picture)
        beyond = outside(window, self.picture)
        if beyond > self.config.max_outside:
            return refused("cut-by-edge", f"{beyond:.0%} of the crop")
        frames = np.stack([one.held.crop(window, self.config.size) for one in moments])
        repeated = _repeated(frames)
        if repeated > _STILL_SHARE:
            return refused("still-picture", f"{repeated:.0%} of the frames repeat the last one")
        points = window.to_crop(steady(landmarks), self.config.size)
        facts = self._facts(moments, points, found, beyond, repeated)
        return Candidate(
            start=start,
            frames=frames,
            landmarks=points.astype(np.float32),
            window=self._in_input(window),
            shot=shot,
            track=track,
            embedding=self._embedding(moments, frames),
            facts=facts,
        )

    def _speaks(self, moments: list[Moment], track: int) -> tuple[str, str]:
        rivals = [rival for one in moments for rival in one.rivals]
        return self.lips.verdict(track, rivals, moments[0].t, moments[-1].t + 1)

    def _in_input(self, window: Window) -> Window:
        left, top, side = (self.scale * v for v in (window.left, window.top, window.side))
        return attrs.evolve(window, left=left, top=top, side=side)

    def _facts(
        self,
        moments: list[Moment],
        points: FloatArray,
        found: float,
        beyond: float,
        repeated: float,
    ) -> dict[str, Any]:
        looks = [one.looks for one in moments if one.looks is not None]
        angles = np.stack([one.angles for one in moments if one.angles is not None])
        scores = np.array([one.score for one in looks])
        centre = placings(points, attrs.evolve(self.config, framing="eyes")).centre
        travel = float(np.abs(centre - np.median(centre, 0)).max()) / self.config.size
        facts = {
            "face_px": self.scale * float(np.median([one.width for one in moments])),
            "found": found,
            "score": float(np.nanmean(scores)) if np.isfinite(scores).any() else 0.0,
            "sharpness": float(np.median([one.sharpness for one in looks])),
            "light": float(np.median([one.light for one in looks])),
            "occluded": float(np.max([one.occluded for one in looks])),
            "outside": beyond,
            "repeated": repeated,
            "travel": travel,
            "jitter_px": jitter(points) * 256 / self.config.size,
            "lip_activity": lip_activity(np.array([aperture(one) for one in points])),
            "faces": 1 + len({rival for one in moments for rival in one.rivals}),
        }
        for k, name in enumerate(("yaw", "pitch", "roll")):
            facts[f"{name}_deg"] = float(np.median(angles[:, k]))
            facts[f"{name}_spread_deg"] = float(angles[:, k].std())
        return {name: round(float(value), 4) for name, value in facts.items()}

    def _embedding(self, moments: list[Moment], frames: NDArray[np.uint8]) -> FloatArray:
        """The mean identity vector of the frames that look ahead most, of unit length."""
        if not self.analyser.embedding_dim:
            return np.zeros(0)
        turned = [
            (float(np.abs(one.angles).sum()), k)
            for k, one in enumerate(moments)
            if one.angles is not None and one.sure
        ]
        parts = np.array_split(np.array(turned).reshape(-1, 2), _LOOKS)  # early, middle and late
        vectors = []
        for part in parts:
            if len(part):
                best = int(part[np.argmin(part[:, 0]), 1])
                faces = self.analyser.analyse(frames[best], embed=True)
                vectors += [face.embedding for face in faces[:1] if face.embedding is not None]
        if not vectors:
            return np.zeros(self.analyser.embedding_dim)
        mean = np.mean([np.asarray(v, np.float64) / np.linalg.norm(v) for v in vectors], 0)
        return np.asarray(mean / np.linalg.norm(mean))


def _repeated(frames: NDArray[np.uint8]) -> float:
    """Share of frames [T, R, R, 3] that repeat the last one."""
    changes = [
        float(cv2.absdiff(last[::2, ::2], now[::2, ::2]).mean())
        for last, now in itertools.pairwise(frames)
    ]
    return float((np.array(changes) < _STILL).mean()) if changes else 1.0
