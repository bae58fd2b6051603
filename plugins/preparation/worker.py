"""The work on one input, in a process of its own: from a raw file to a part and a record."""

from __future__ import annotations

import errno
import io
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from styletalker.core.assembly import build
from styletalker.core.config.options import Chosen
from styletalker.core.engine import Place
from styletalker.core.errors import (
    CheckpointError,
    ConfigError,
    PluginError,
    StyletalkerError,
)
from styletalker.core.files import digest_of
from styletalker.core.interfaces.face_analyser import FaceAnalyser
from styletalker.core.media.sound import encode_flac
from styletalker.core.registry import Registry
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.drafts import Draft, Pictures, pictures_between
from styletalker.plugins.preparation.examine import (
    SAMPLE_RATE,
    SAMPLES,
    Refused,
    drafts_of,
    open_video,
    sound_of,
)
from styletalker.plugins.preparation.excerpts import FPS
from styletalker.plugins.preparation.fingerprint import pack_prints, sound_print
from styletalker.plugins.preparation.inputs import Input
from styletalker.plugins.preparation.offsets import TrackOffset, offsets_of
from styletalker.plugins.preparation.part import part_name, record_name, write_part
from styletalker.plugins.preparation.records import ClipRecord, Record, Stretch, key_of
from styletalker.plugins.preparation.scratch import Scratch, SoundStore
from styletalker.plugins.preparation.senses import Senses

__all__ = ["Outcome", "Work"]


@attrs.frozen(kw_only=True)
class Outcome:
    """What the driver is told of an input."""

    key: str = ""
    """Of its record; empty if there is none because it failed."""
    digest: str = ""
    reason: str = ""
    """Why it failed or why nothing is kept; empty if something is."""
    detail: str = ""
    clips: int = 0
    seconds: float = 0.0
    """Length of the video."""


@attrs.define(kw_only=True)
class Work:
    """Prepares inputs; picklable, and holds the face analyser once it is needed."""

    raw: Place
    """Where the inputs are."""
    out: Place
    """Where parts and records go."""
    config: PrepareConfig
    face_analyser: Chosen | FaceAnalyser
    """Which one finds faces: a choice, or one that is built already."""
    senses: Senses | None = None
    """What to measure with; None for the real ones."""
    _built: FaceAnalyser | None = attrs.field(default=None, init=False)

    def __call__(self, item: Input) -> Outcome:
        """Prepare one input, unless that was done before.

        What is the file's own fault is written down in its record; what is not (a full disk, a
        file that may not be read, a fault of this program) is only told, so that another call
        tries again.

        Raises:
            CheckpointError, ConfigError, PluginError: nothing can be prepared at all.
        """
        try:
            with self.raw.local(item.name) as path:
                return self._prepared(path, item)
        except OSError as error:
            return Outcome(reason=_kind(error), detail=error.strerror or str(error))
        except (CheckpointError, ConfigError, PluginError):
            raise  # would be the same for every input
        except StyletalkerError as error:
            reason = _kind(error.__cause__) if error.__cause__ else "unreadable"
            return Outcome(reason=reason, detail=str(error))
        except MemoryError:
            raise
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            return Outcome(reason="fault", detail=f"{type(error).__name__}: {error} ({where})")

    def _prepared(self, path: Path, item: Input) -> Outcome:
        digest = digest_of(path)
        key = key_of(digest, item.excerpts)
        record = self._done(key)
        if record is None:
            record = self._record(path, digest, key, item)
            self.out.write_json(record_name(key), record.plain())
        return Outcome(
            key=key,
            digest=digest,
            reason=record.reason,
            detail=record.detail,
            clips=len(record.clips),
            seconds=record.seconds,
        )

    def _done(self, key: str) -> Record | None:
        """The record of an earlier attempt, if it and its part are whole."""
        name = record_name(key)
        if not self.out.exists(name):
            return None
        record = Record.read(self.out.read_json(name), self.out.describe(name), pictures=False)
        part = part_name(key)
        if not record.clips:
            return record
        whole = self.out.exists(part) and self.out.size(part) == record.part_bytes
        return record if whole else None

    def _record(self, path: Path, digest: str, key: str, item: Input) -> Record:
        try:
            video = open_video(path, self.config)
            with sound_of(video) as sound, Scratch() as scratch:
                senses = self.senses or Senses.installed()
                found = list(
                    drafts_of(
                        video,
                        item.excerpts,
                        sound,
                        scratch,
                        config=self.config,
                        analyser=self._analyser(),
                        senses=senses,
                    )
                )
                maker = _Maker(self.config, senses, sound, scratch)
                return maker.record(found, digest, key, video.facts, self.out)
        except Refused as refusal:
            return Record(
                digest=digest,
                seconds=refusal.facts.get("seconds", 0.0),
                reason=refusal.reason,
                detail=refusal.detail,
                facts=refusal.facts,
            )

    def _analyser(self) -> FaceAnalyser:
        if self._built is None:
            chosen = self.face_analyser
            given = isinstance(chosen, FaceAnalyser)
            self._built = chosen if given else build(chosen, Registry.installed())
        return self._built


class _Maker:
    """Turns drafts into clips, once the offset is known."""

    def __init__(
        self,
        config: PrepareConfig,
        senses: Senses,
        sound: SoundStore,
        scratch: Scratch,
    ) -> None:
        self.config, self.senses, self.sound, self.scratch = config, senses, sound, scratch
        self.audible = sound.samples // SAMPLES
        self.stretches: list[Stretch] = []
        self.clips: list[ClipRecord] = []

    def record(
        self,
        found: Sequence[Draft | Stretch],
        digest: str,
        key: str,
        facts: Mapping[str, Any],
        out: Place,
    ) -> Record:
        """Write the part; the record that belongs to it."""
        drafts = [one for one in found if isinstance(one, Draft)]
        self.stretches = [one for one in found if isinstance(one, Stretch)]
        offsets = (
            offsets_of(drafts, self.senses, self.config.offset, self.config.sync) if drafts else {}
        )
        wanted = [draft for draft in drafts if self._may_stay(draft, offsets[draft.track])]
        places, size = [], 0
        if wanted:
            places, size = write_part(out, key, self._files(wanted, offsets))
        clips = [
            attrs.evolve(clip, members=members)
            for clip, members in zip(self.clips, places, strict=True)
        ]
        if not clips and size:
            out.remove(part_name(key))
        stretches = sorted(self.stretches, key=lambda one: (one.start_s, one.stop_s, one.reason))
        return Record(
            digest=digest,
            seconds=facts["seconds"],
            reason="" if clips else "no-clip",
            detail="" if clips else _most(self.stretches),
            facts=facts,
            clips=tuple(clips),
            stretches=tuple(stretches),
            part_bytes=size if clips else 0,
        )

    def _may_stay(self, draft: Draft, offset: TrackOffset) -> bool:
        if offset.reason:
            self._reject(draft, offset.reason, offset.detail)
        return not offset.reason

    def _files(
        self, drafts: Sequence[Draft], offsets: Mapping[str, TrackOffset]
    ) -> Iterator[Mapping[str, bytes]]:
        """The files of each clip that stays; its record is noted on the way."""
        for draft in drafts:
            offset = offsets[draft.track]
            first = max(draft.start, -offset.frames)
            last = min(draft.stop, self.audible - offset.frames)
            if last - first < self.config.analysis.min_frames:
                self._reject(draft, "no-sound-there", f"{max(last - first, 0) / FPS:.2f} s")
                continue
            begin, end = first + offset.frames, last + offset.frames
            waveform = self.sound.between(begin * SAMPLES, end * SAMPLES)
            heard = self.senses.sound_facts(waveform, SAMPLE_RATE)
            reason, detail = self.senses.sound_fault(heard, self.config.sound)
            if reason:
                self._reject(draft, reason, detail)
                continue
            files = pictures_between(draft, first, last, self.scratch, self.config.quality)
            flac = io.BytesIO()
            encode_flac(flac, waveform, SAMPLE_RATE)
            words = pack_prints(sound_print(waveform))
            self.clips.append(self._clip(draft, first, last, offset, files, words, heard))
            yield {"mp4": files.video, "npz": files.arrays, "flac": flac.getvalue()}

    def _clip(
        self,
        draft: Draft,
        first: int,
        last: int,
        offset: TrackOffset,
        files: Pictures,
        words: str,
        heard: Any,
    ) -> ClipRecord:
        facts = {**draft.facts, "sound": heard.plain()}
        return ClipRecord(
            index=len(self.clips),
            start=first,
            frames=last - first,
            track=draft.track,
            offset_frames=offset.frames,
            confidence=offset.confidence,
            quality=quality_of(facts),
            embedding=tuple(np.round(draft.embedding, 6).tolist()),
            sound_print=words,
            picture_print=files.picture_print,
            facts=facts,
            members={},
            identity=draft.identity,
            picture=draft.picture,
        )

    def _reject(self, draft: Draft, reason: str, detail: str) -> None:
        start, stop = draft.start / FPS, draft.stop / FPS
        self.stretches.append(Stretch(start_s=start, stop_s=stop, reason=reason, detail=detail))


def quality_of(facts: Mapping[str, Any]) -> float:
    """By what copies of a clip are compared: pixels of the face, then sharpness."""
    face, sharpness = float(facts.get("face_px", 0.0)), float(facts.get("sharpness", 0.0))
    return round(round(face) + min(max(sharpness, 0.0), 1e6) / 1e7, 7)


def _most(stretches: Sequence[Stretch]) -> str:
    """What most of a video was rejected for."""
    seconds: dict[str, float] = {}
    for one in stretches:
        seconds[one.reason] = seconds.get(one.reason, 0.0) + one.stop_s - one.start_s
    worst = sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{reason} {length:.1f} s" for reason, length in worst[:3])


def _kind(error: BaseException | None) -> str:
    """Which failure an error of the system is."""
    full = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
    return "disk" if isinstance(error, OSError) and error.errno in full else "unreadable"
