"""The work on one input, in a process of its own: from a raw file to a part and a record."""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

import attrs
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
from styletalker.core.registry import Registry
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.examine import (
    Refused,
    drafts_of,
    open_video,
    sound_of,
)
from styletalker.plugins.preparation.inputs import Input
from styletalker.plugins.preparation.making import Maker
from styletalker.plugins.preparation.part import part_name, record_name
from styletalker.plugins.preparation.records import Record, key_of
from styletalker.plugins.preparation.scratch import Scratch
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
                maker = Maker(self.config, senses, sound, scratch)
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
            given = self.face_analyser
            if isinstance(given, Chosen):
                built: FaceAnalyser = build(given, Registry.installed())
                given = built
            self._built = given
        return self._built


def _kind(error: BaseException | None) -> str:
    """Which failure an error of the system is."""
    full = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
    return "disk" if isinstance(error, OSError) and error.errno in full else "unreadable"
