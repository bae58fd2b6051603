"""What is written down of each input: enough to decide, without its pictures or its sound."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from styletalker.core.errors import RunError

__all__ = ["FORMAT", "ClipRecord", "Record", "Stretch", "key_of"]

FORMAT = 1
"""Of the records and the manifest."""


@attrs.frozen(kw_only=True)
class Stretch:
    """A piece of an input that is not kept."""

    start_s: float
    """Where it starts in the input, in seconds."""
    stop_s: float
    """Where it ends."""
    reason: str
    """Slug of :data:`styletalker.plugins.preparation.reasons.REASONS`."""
    detail: str = ""
    """What was measured, in words."""


@attrs.frozen(kw_only=True)
class ClipRecord:
    """A piece of an input that is good enough; its files lie in the input's part archive."""

    index: int
    """Of the clip in the part."""
    start: int
    """First frame at 25 fps in the input."""
    frames: int
    """How many."""
    track: str
    """Of which face of the input, by excerpt, shot and number."""
    offset_frames: int
    """By how many frames the sound was late (+) or early (-) in the input, and was moved."""
    confidence: float
    """Of that offset, in the measure's own unit."""
    quality: float
    """Of two copies of a clip the one with the higher quality is kept."""
    embedding: tuple[float, ...]
    """Identity vector."""
    sound_print: str
    """Sound fingerprint, hexadecimal."""
    picture_print: str
    """Picture fingerprint, hexadecimal."""
    facts: Mapping[str, Any]
    """What else was measured, for the clip's JSON and the page."""
    members: Mapping[str, tuple[int, int]]
    """Where its files are in the part: suffix -> (offset, size)."""
    identity: str | None = None
    """Who it is, where a list says so."""
    picture: str = ""
    """A small JPEG, base64."""

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.frames / 25


@attrs.frozen(kw_only=True)
class Record:
    """What became of one input's content."""

    digest: str
    """SHA-256 of the file."""
    seconds: float = 0.0
    """Length of the video; 0 if it could not be opened."""
    reason: str = ""
    """Why nothing is kept: a slug; empty if something is."""
    detail: str = ""
    """The same in words."""
    facts: Mapping[str, Any] = attrs.field(factory=dict)
    """Container facts: fps, height, width, sample rate."""
    clips: tuple[ClipRecord, ...] = ()
    """What is kept."""
    stretches: tuple[Stretch, ...] = ()
    """What is not."""
    part_bytes: int = 0
    """Size of the part archive."""

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"format": FORMAT, **attrs.asdict(self)}

    @classmethod
    def read(cls, plain: Any, where: str, *, pictures: bool = True) -> Record:
        """The record in a JSON value; without the clips' pictures unless *pictures*.

        Raises:
            RunError: it is not one.
        """
        try:
            values = dict(plain)
            if values.pop("format") != FORMAT:
                raise RunError(f"{where}: was written by another version of styletalker")
            clips = [_clip(one, pictures) for one in values.pop("clips")]
            stretches = [Stretch(**one) for one in values.pop("stretches")]
            return cls(clips=tuple(clips), stretches=tuple(stretches), **values)
        except (TypeError, KeyError, ValueError) as error:
            raise RunError(f"{where}: is damaged: {error}. Remove it and start again.") from error


def _clip(plain: Mapping[str, Any], pictures: bool) -> ClipRecord:
    values = dict(plain)
    members = {suffix: (int(a), int(b)) for suffix, (a, b) in values.pop("members").items()}
    picture = values.pop("picture") if pictures else ""
    embedding = tuple(values.pop("embedding"))
    return ClipRecord(members=members, embedding=embedding, **{**values, "picture": picture})


def key_of(digest: str, excerpts: Sequence[Any]) -> str:
    """The name of the record of a content and the excerpts that are taken from it."""
    if not excerpts:
        return digest[:32]
    text = json.dumps([digest, [attrs.asdict(one) for one in excerpts]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
