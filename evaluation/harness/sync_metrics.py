"""Metrics of audio-visual sync by a given discriminator; see :mod:`styletalker.evaluation.sync`.

They are no components: the network that scores is an artifact or a file, chosen per evaluation, and
stands in the metrics' names.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from styletalker.core.clip import Clip
from styletalker.core.errors import CheckpointError, InputError, compose
from styletalker.core.interfaces.metric import Direction, Metric
from styletalker.core.registry import Registry
from styletalker.core.weights import (
    BUILTIN,
    pretrained_names,
    pretrained_offers,
    pretrained_path,
    read_facts,
)
from styletalker.evaluation.harness.source import has_sound
from styletalker.evaluation.harness.tool import Tool, code_digest

if TYPE_CHECKING:
    from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
    from styletalker.evaluation.sync import SyncScore

__all__ = [
    "NEAR_FRAMES",
    "SyncConfidence",
    "SyncOffset",
    "SyncScorer",
    "SyncWithin",
    "load_scorer",
    "sync_tools",
]

_ROLE = "sync_discriminator"
NEAR_FRAMES = 1
"""Offsets of so many frames at most count as in sync: viewers do not notice 40 ms."""


class SyncScorer:
    """A sync discriminator under its name; scores each clip once, for all metrics."""

    def __init__(self, name: str, discriminator: SyncDiscriminator, sha256: str) -> None:
        """Score with *discriminator*, whose weights have the checksum *sha256*."""
        self.name, self.discriminator, self.sha256 = name, discriminator, sha256
        self._scores: weakref.WeakKeyDictionary[Clip, SyncScore] = weakref.WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        """Without the scores of this process's clips."""
        return {key: value for key, value in vars(self).items() if key != "_scores"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """In another process."""
        vars(self).update(state, _scores=weakref.WeakKeyDictionary())

    def score(self, clip: Clip) -> SyncScore:
        """How lips and sound of *clip* go together.

        Raises:
            InputError: it has no sound, another rate than the discriminator, or is too short.
        """
        from styletalker.evaluation.sync import sync_offset

        if not has_sound(clip):
            raise InputError(compose(f"clip {clip.name}: the video has no sound track"))
        wanted = (self.discriminator.fps, self.discriminator.sample_rate)
        if (clip.fps, clip.sample_rate) != wanted:
            problem = f"clip {clip.name}: the rates are not those of {self.name}"
            raise InputError(
                compose(problem, expected=str(wanted), given=(clip.fps, clip.sample_rate))
            )
        if clip not in self._scores:
            self._scores[clip] = sync_offset(self.discriminator, clip.frames, clip.waveform)
        return self._scores[clip]


class _SyncMetric(Metric, abstract=True):
    """A metric by a scorer."""

    unit: ClassVar[str] = "1"
    direction: ClassVar[Direction] = "higher"
    uses_reference, hears = False, True

    def __init__(self, config: SyncScorer) -> None:
        """Score with the scorer that stands in for a configuration."""
        super().__init__(config)
        self.scorer = config

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``confidence``, ``offset_frames``, and ``similarity`` [31] at the offsets -15 to 15."""
        score = self.scorer.score(generated)
        return {
            "confidence": score.confidence,
            "offset_frames": score.offset_frames,
            "similarity": score.similarity,
        }


class SyncConfidence(_SyncMetric):
    """Largest minus median similarity over the offsets -15 to 15, mean over clips.

    0 for lips that fit nowhere. **Pitfall.** It says nothing about *where* they fit: read it with
    the part of clips within one frame. Other networks give other scales.
    """

    @property
    def title(self) -> str:
        """``sync-confidence-NAME``: never LSE-C, which is SyncNet v2's."""
        return f"sync-confidence-{self.scorer.name}"

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """Mean over clips."""
        return float(np.mean([one["confidence"] for one in measurements]))


class SyncWithin(_SyncMetric):
    """Part of the clips whose lips fit best within one frame of the sound.

    Chance is 3 / 31, about 0.1.
    """

    @property
    def title(self) -> str:
        """``sync-within-1-frame-NAME``."""
        return f"sync-within-{NEAR_FRAMES}-frame-{self.scorer.name}"

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """Clips within over all clips, 0 to 1."""
        return float(np.mean([abs(one["offset_frames"]) <= NEAR_FRAMES for one in measurements]))


class SyncOffset(_SyncMetric):
    """Frames by which the lips come after the sound; median over clips.

    Where the similarity over the offsets -15 to 15 is largest; SyncNet's sign: positive if the
    lips are late. A constant delay shows here and not in the confidence.

    **Pitfall.** Where the confidence is low the offset is chance.
    """

    unit, direction = "frames", "none"

    @property
    def title(self) -> str:
        """``sync-offset-NAME``."""
        return f"sync-offset-{self.scorer.name}"

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """Median over clips, in frames."""
        return float(np.median([one["offset_frames"] for one in measurements]))


def load_scorer(given: Path | str, registry: Registry) -> SyncScorer:
    """The sync discriminator in a ``.safetensors`` file with its JSON file beside it.

    Args:
        given: the file, or ``builtin:NAME`` for weights that an installed plug-in brings.
        registry: where the component is looked up.

    Raises:
        InputError: no plug-in brings a sync discriminator under that name.
        CheckpointError: the file is missing, damaged, or of another role.
        PluginError: its component is not installed.
    """
    from styletalker.core.checkpoint import load_component

    path = _builtin(str(given), registry) if str(given).startswith(BUILTIN) else Path(given)
    facts = read_facts(path)
    if facts.get("role") != _ROLE:
        problem = "these are not the weights of a sync discriminator"
        raise CheckpointError(compose(problem, where=str(path), given=facts.get("role")))
    discriminator: Any = load_component(path, registry)
    return SyncScorer(str(facts["type"]).rpartition("/")[2], discriminator, facts["sha256"])


def _builtin(given: str, registry: Registry) -> Path:
    name = given.removeprefix(BUILTIN)
    offer = pretrained_offers(registry, name).get(_ROLE)
    if offer is None:
        names = [k for k, roles in pretrained_names(registry).items() if _ROLE in roles]
        problem = "no plug-in brings a sync discriminator under this name"
        raise InputError(compose(problem, given=given, name=name, choices=names))
    return pretrained_path(offer.component, name)


def sync_tools(scorer: SyncScorer) -> list[Tool]:
    """The metrics of sync by *scorer*."""
    identity = json.dumps([scorer.name, scorer.sha256, code_digest(SyncScorer)])
    return [
        Tool(name="sync_confidence", metric=SyncConfidence(scorer), identity=identity),
        Tool(name="sync_offset", metric=SyncOffset(scorer), identity=identity),
        Tool(name="sync_within", metric=SyncWithin(scorer), identity=identity),
    ]
