"""The corpus ``puppet``: who says what, rendered when it is asked for."""

from __future__ import annotations

import zlib
from typing import Any

import attrs
import numpy as np
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.interfaces import corpus as roles
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.media.sound import quantise
from styletalker.plugins.puppet.camera import Framing
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.espeak import SAMPLE_RATE_HZ
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import PARAMETERS
from styletalker.plugins.puppet.performance import Performance, perform
from styletalker.plugins.puppet.signals import FPS
from styletalker.plugins.puppet.speaker_style import SpeakerStyle, sample_style
from styletalker.plugins.puppet.voices import Voice, sample_voice

__all__ = ["Person", "Puppet"]


@attrs.frozen(kw_only=True)
class Person:
    """Somebody of the corpus: looks, voice and manner go together over all clips."""

    name: str
    identity: Identity
    voice: Voice
    style: SpeakerStyle


class Puppet(Corpus):
    """Talking puppets: every clip is rendered when it is asked for, nothing is stored.

    Clip *index* of a split shows person ``index % identities`` for the
    ``index // identities``-th time, so that the first clips show different people. People,
    voices and sentences of a split occur in no other. A clip is a function of the seed, the
    split, the person and the take: the same bytes in any order and any process.
    """

    config: PuppetConfig
    fps = FPS
    sample_rate = SAMPLE_RATE_HZ
    splits = ("train", "val", "test")
    parameter_names = tuple(parameter.name for parameter in PARAMETERS)

    def __init__(self, config: PuppetConfig) -> None:
        """Keep the options; heads are built when first seen, and the last one is kept."""
        super().__init__(config)
        self._framing = Framing(eye_row=config.eye_row, eye_distance=config.eye_distance)
        self._last_head: tuple[str, Head] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the head: a copy in another process builds its own."""
        return {**self.__dict__, "_last_head": None}

    @property
    def resolution(self) -> int:
        """Height and width of the frames in pixels."""
        return self.config.resolution

    def count(self, split: str) -> int:
        """Number of clips in *split*."""
        return self._identities(split) * self.config.clips_per_identity

    def clip(self, split: str, index: int) -> Clip:
        """Clip *index* of *split*, rendered."""
        person, performance = self.performance(split, index)
        head = self._head(person)
        rendered = [
            head.render(
                parameters,
                self.resolution,
                self._framing,
                supersample=self.config.supersample,
            )
            for parameters in performance.parameters
        ]
        return Clip(
            name=self._name(split, index),
            identity=person.name,
            frames=np.stack([frame.image for frame in rendered]),
            waveform=quantise(performance.waveform),
            fps=self.fps,
            sample_rate=self.sample_rate,
            text=performance.text,
            phonemes=_spoken(performance),
            landmarks=np.stack([frame.landmarks for frame in rendered]),
            visible=np.stack([frame.visible for frame in rendered]),
            parameters=performance.parameters,
            parameter_names=self.parameter_names,
            facts=_facts_of(person),
        )

    def performance(self, split: str, index: int) -> tuple[Person, Performance]:
        """Who is in clip *index* of *split* and what they do, without rendering it."""
        self.check_index(split, index)
        take, number = divmod(index, self._identities(split))
        person = self.person(split, number)
        performance = perform(
            self._generator(split, number, take + 1),
            frames=self.config.frames,
            split=split,
            voice=person.voice,
            style=person.style,
        )
        return person, performance

    def performed(self, split: str, index: int) -> roles.Performance:
        """Clip *index* of *split* without its pictures: a thousandth of the time."""
        person, performance = self.performance(split, index)
        return roles.Performance(
            name=self._name(split, index),
            identity=person.name,
            waveform=quantise(performance.waveform),
            parameters=performance.parameters,
            phonemes=_spoken(performance),
        )

    def person(self, split: str, number: int) -> Person:
        """Person *number* of *split*."""
        rng = self._generator(split, number, 0)
        feminine = bool(rng.random() < 0.5)
        return Person(
            name=f"{split}-{number:05d}",
            identity=Identity.sample(rng, feminine=feminine),
            voice=sample_voice(rng, split, "f" if feminine else "m"),
            style=sample_style(rng),
        )

    def _identities(self, split: str) -> int:
        self.check_split(split)
        sizes = {
            "train": self.config.train_identities,
            "val": self.config.val_identities,
            "test": self.config.test_identities,
        }
        return sizes[split]

    def _generator(self, split: str, number: int, take: int) -> np.random.Generator:
        """Random numbers of a person (take 0) or of one of their clips (take 1, 2, ...)."""
        return np.random.default_rng([self.config.seed, zlib.crc32(split.encode()), number, take])

    def _head(self, person: Person) -> Head:
        if self._last_head is None or self._last_head[0] != person.name:
            self._last_head = (person.name, Head(person.identity))
        return self._last_head[1]

    def _name(self, split: str, index: int) -> str:
        take, number = divmod(index, self._identities(split))
        return f"puppet-{split}-{number:05d}-{take:03d}"


def _spoken(performance: Performance) -> tuple[Phoneme, ...]:
    return tuple(Phoneme(one.symbol, one.start_s, one.end_s) for one in performance.phonemes)


def _facts_of(person: Person) -> dict[str, Any]:
    """Looks and voice, ready for JSON."""
    return {"identity": person.identity.to_dict(), "voice": attrs.asdict(person.voice)}
