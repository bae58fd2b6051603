"""From what was found in an input to its part and its record: the sound is moved, cut, judged."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from styletalker.core.engine import Place
from styletalker.core.media.sound import encode_flac
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.drafts import Draft, Pictures, pictures_between
from styletalker.plugins.preparation.examine import SAMPLE_RATE, SAMPLES
from styletalker.plugins.preparation.excerpts import FPS
from styletalker.plugins.preparation.fingerprint import pack_prints, sound_print
from styletalker.plugins.preparation.offsets import TrackOffset, offsets_of
from styletalker.plugins.preparation.part import part_name, write_part
from styletalker.plugins.preparation.records import ClipRecord, Record, Stretch
from styletalker.plugins.preparation.scratch import Scratch, SoundStore
from styletalker.plugins.preparation.senses import Senses

__all__ = ["Maker", "quality_of"]

_FACE_STEP = 1.1


class Maker:
    """Turns the drafts of one input into clips, once the offset is known.

    Args:
        config: what is wanted.
        senses: measures.
        sound: of the input.
        scratch: where the drafts' frames are.
    """

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
        places: list[dict[str, tuple[int, int]]] = []
        size = 0
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
    """By what copies of a clip are compared: pixels of the face, then sharpness.

    In steps of a tenth and a twentieth, so that copies that differ by noise alone are equal: of
    those the longer one stays.
    """
    face = max(float(facts.get("face_px", 0.0)), 1.0)
    sharpness = min(max(float(facts.get("sharpness", 0.0)), 0.0), 10.0)
    return round(round(math.log(face, _FACE_STEP)) + round(sharpness * 20) / 1000, 3)


def _most(stretches: Sequence[Stretch]) -> str:
    """What most of a video was rejected for."""
    seconds: dict[str, float] = {}
    for one in stretches:
        seconds[one.reason] = seconds.get(one.reason, 0.0) + one.stop_s - one.start_s
    worst = sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{reason} {length:.1f} s" for reason, length in worst[:3])
