"""By how much the sound of each face of a video is moved, and which faces do not speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from styletalker.plugins.preparation.drafts import Draft
from styletalker.plugins.preparation.offset.config import OffsetConfig
from styletalker.plugins.preparation.offset.decision import probabilities
from styletalker.plugins.preparation.senses import Senses

__all__ = ["TrackOffset", "offsets_of"]

_AGREES = 0.4
"""Least probability that a short face gives the offset of its video, give or take a frame; 0.1 is
what a face that does not talk gives."""


@attrs.frozen(kw_only=True)
class TrackOffset:
    """What is done about the sound of one face."""

    frames: int
    """By how many the sound is late (+) or early (-); it is moved by so much."""
    confidence: float
    reason: str = ""
    """Why the face's stretches are not kept; empty if they are."""
    detail: str = ""


def offsets_of(
    drafts: Sequence[Draft], senses: Senses, choice: str, config: OffsetConfig
) -> Mapping[str, TrackOffset]:
    """For each track of a video, by the evidence of all its clips.

    A face that is too short to tell by itself has the offset of the whole video, if that is sure
    and the face speaks for it rather than against it: a listener does not.

    Args:
        drafts: the clips of one video.
        senses: decides.
        choice: ``correct``, ``reject`` or ``ignore``, as the option ``offset`` says.
        config: when to be sure.
    """
    tracks: dict[str, list[Any]] = {}
    for draft in drafts:
        tracks.setdefault(draft.track, []).append(draft.curve)
    whole = senses.decide_offset([draft.curve for draft in drafts], config)
    found = {}
    for track, curves in tracks.items():
        own = senses.decide_offset(curves, config)
        if not own.sure and whole.sure and _support(curves, whole.frames) >= _AGREES:
            own = attrs.evolve(whole, confidence=own.confidence)
        found[track] = _acted(own, choice)
    return found


def _acted(found: Any, choice: str) -> TrackOffset:
    confidence = round(float(found.confidence), 4)
    if choice == "ignore":
        return TrackOffset(frames=0, confidence=confidence)
    if not found.sure:
        detail = f"best {found.frames:+d} frames, confidence {confidence:.2f}"
        return TrackOffset(frames=0, confidence=confidence, reason=found.reason, detail=detail)
    if choice == "reject" and found.frames != 0:
        detail = f"{found.frames:+d} frames"
        return TrackOffset(frames=0, confidence=confidence, reason="offset", detail=detail)
    return TrackOffset(frames=found.frames, confidence=confidence)


def _support(curves: Sequence[Any], frames: int) -> float:
    """The probability of an offset, give or take a frame, by some curves."""
    chances = probabilities(np.concatenate([curve.evidence for curve in curves]))
    place = curves[0].most + frames
    return float(chances[max(place - 1, 0) : place + 2].sum())
