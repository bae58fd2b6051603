"""One person's clips as performances: what is heard, and how the face moved, read off the video."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.audio_encoder import AudioEncoder
from styletalker.core.interfaces.corpus import Corpus, Performance
from styletalker.core.interfaces.generator import Parametric
from styletalker.core.interfaces.inverter import Following
from styletalker.core.interfaces.motion_vae import MotionVAE
from styletalker.core.interfaces.prior import Prior

__all__ = ["SPLITS", "PersonCorpus", "Speaking", "TrackedCorpus", "divided"]

SPLITS = ("train", "val", "test")
"""In time order: what is learnt from, what decides how much is kept, what is measured."""
_LEAST_CLIPS = 3
_STILL = 1e-6
"""A channel that varies less was never read off the video."""
_SHOWN = 5


@attrs.frozen(kw_only=True)
class _Take:
    """Where a clip is in the corpus, and how long it lasts."""

    split: str
    index: int
    frames: int


class PersonCorpus(Corpus, abstract=True):  # not a component: it is given a corpus
    """The clips of one person, split by time: the end is held out."""

    splits = SPLITS

    def __init__(self, corpus: Corpus, parts: Sequence[Sequence[_Take]], identity: str) -> None:
        """Use :meth:`of`."""
        super().__init__((identity, corpus.config, tuple(map(tuple, parts))))
        self.corpus, self.identity = corpus, identity
        self._parts = dict(zip(SPLITS, parts, strict=True))

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        identity: str,
        *,
        test_share: float,
        val_share: float,
        progress: Callable[[int], object] = int,
    ) -> PersonCorpus:
        """Find the clips; each is decoded once.

        Args:
            corpus: all its splits are looked through, in order.
            identity: who; empty for the only person there is.
            test_share: part of the frames, at the end, that is measured.
            val_share: part of the frames before those that decides how much is kept.
            progress: called with the number of clips looked at.

        Raises:
            InputError: there is nobody of that name, several people and no name, or there are too
                few clips.
        """
        takes: list[_Take] = []
        people: dict[str, int] = {}
        for split in corpus.splits:
            for index in range(corpus.count(split)):
                clip = corpus.clip(split, index)
                people[clip.identity] = people.get(clip.identity, 0) + 1
                if identity in ("", clip.identity):
                    takes.append(_Take(split=split, index=index, frames=len(clip.frames)))
                progress(1)
        _check_person(identity, people)
        found = identity or next(iter(people))
        parts = divided([take.frames for take in takes], test_share, val_share, found)
        return cls(corpus, [takes[part.start : part.stop] for part in parts], found)

    @property
    def resolution(self) -> int:
        """Height and width of the frames in pixels."""
        return self.corpus.resolution

    @property
    def fps(self) -> int:
        """Frames per second."""
        return self.corpus.fps

    @property
    def sample_rate(self) -> int:
        """Samples per second, in Hz."""
        return self.corpus.sample_rate

    def count(self, split: str) -> int:
        """Number of clips in *split*."""
        self.check_split(split)
        return len(self._parts[split])

    def clip(self, split: str, index: int) -> Clip:
        """Clip *index* of *split*."""
        self.check_index(split, index)
        take = self._parts[split][index]
        return self.corpus.clip(take.split, take.index)

    def frames(self, split: str) -> Iterator[NDArray[np.uint8]]:
        """The frames [H, W, 3] of all clips of *split*."""
        for index in range(self.count(split)):
            yield from self.clip(split, index).frames

    def lengths(self, split: str) -> tuple[int, ...]:
        """Frames of each clip of *split*."""
        return tuple(take.frames for take in self._parts[split])


def divided(
    lengths: Sequence[int], test_share: float, val_share: float, who: str
) -> tuple[range, range, range]:
    """Which of a person's clips, in order, are train, val and test: each gets one at least.

    Raises:
        InputError: there are fewer than three clips.
    """
    count = len(lengths)
    if count < _LEAST_CLIPS:
        problem = f"{who!r} has too few clips to hold some out"
        fix = "Cut the videos into shorter clips (the corpus's option seconds), or add some."
        raise InputError(
            compose(problem, expected=f"at least {_LEAST_CLIPS}", given=count, fix=fix)
        )
    total, ends = sum(lengths), [0, *itertools.accumulate(lengths)]
    # The number of the first clip that ends after what is left for those before.
    learnt = total - round(total * test_share)
    test = next((k for k in range(count) if ends[k + 1] > learnt), count - 1)
    test = min(max(test, 2), count - 1)
    learnt -= round(total * val_share)
    val = next((k for k in range(count) if ends[k + 1] > learnt), count - 1)
    val = min(max(val, 1), test - 1)
    return range(val), range(val, test), range(test, count)


@attrs.frozen(kw_only=True, eq=False)
class Speaking:
    """A talker's networks: what they say of a sound stands where the video tells nothing."""

    audio_encoder: AudioEncoder
    motion_vae: MotionVAE
    prior: Prior

    @torch.no_grad()
    def codes(
        self, waveform: NDArray[np.float32], rest: NDArray[np.float32], seed: int
    ) -> NDArray[np.float32]:
        """Codes [T, L, D] of a sound [S], of a portrait with the code *rest* [L, D]."""
        ws_ref = torch.from_numpy(rest)[None]
        audio = self.audio_encoder(torch.from_numpy(waveform)[None])
        draws = torch.Generator().manual_seed(seed)
        noise = torch.randn(1, audio.shape[1], self.motion_vae.motion_dim, generator=draws)
        motion = self.prior.sample(audio, ws_ref, noise).motion
        return self.motion_vae.decode(motion, audio, ws_ref).ws[0].numpy()


class TrackedCorpus(Corpus, abstract=True):  # not a component: it is given a person's clips
    """A person's clips as :class:`~styletalker.core.interfaces.corpus.Performing`.

    The clips of a split are followed as one video, so that what is usual in it is measured on all
    of it. Channels that the inverter never reads (those of the gaze, say), and those of *filled*,
    are what the talker would do to the same sound: so it learns nothing new about them.
    """

    splits = SPLITS

    def __init__(
        self,
        person: PersonCorpus,
        inverter: Following,
        generator: Parametric,
        speaking: Speaking,
        *,
        filled: NDArray[np.bool_],
        steady: float,
        seed: int,
    ) -> None:
        """Follow *person*; nothing is read yet.

        Args:
            person: whose clips.
            inverter: reads codes off them.
            generator: says what they mean.
            speaking: fills what is not read.
            filled: which channels [L, D] it fills in any case.
            steady: frames of the smoothing of the pose; 0 for none.
            seed: of what it draws.
        """
        super().__init__(person.config)
        self.person, self._inverter, self._generator = person, inverter, generator
        self._speaking, self._filled, self._seed = speaking, filled, seed
        self._steady = steady
        self._tracks: dict[str, NDArray[np.float32]] = {}

    @property
    def resolution(self) -> int:
        """Height and width of the frames in pixels."""
        return self.person.resolution

    @property
    def fps(self) -> int:
        """Frames per second."""
        return self.person.fps

    @property
    def sample_rate(self) -> int:
        """Samples per second, in Hz."""
        return self.person.sample_rate

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the animation parameters."""
        return self._generator.parameters_of(self._generator.rest_code()[None])[1]

    def count(self, split: str) -> int:
        """Number of clips in *split*."""
        return self.person.count(split)

    def clip(self, split: str, index: int) -> Clip:
        """Clip *index* of *split*, with its frames."""
        return self.person.clip(split, index)

    def performed(self, split: str, index: int) -> Performance:
        """Clip *index* of *split*, without its frames."""
        clip = self.person.clip(split, index)
        track = self._track(split)
        before = sum(self.person.lengths(split)[:index])
        codes = track[before : before + len(clip.frames)].copy()
        unread = self._filled | (track.std(0) < _STILL)
        drawn = self._speaking.codes(
            clip.waveform, self._generator.rest_code(), self._seed + before
        )
        codes[:, unread] = drawn[:, unread]
        return Performance(
            name=clip.name,
            identity=clip.identity,
            waveform=clip.waveform,
            parameters=self._generator.parameters_of(codes)[0],
            phonemes=clip.phonemes,
        )

    def _track(self, split: str) -> NDArray[np.float32]:
        """Codes [frames of the split, L, D]."""
        if split not in self._tracks:
            found = self._inverter.follow(self.person.frames(split)).numpy()
            if self._steady:
                pose = self._generator.controls["pose"]
                found[:, pose] = gaussian_filter1d(
                    found[:, pose], self._steady, axis=0, mode="nearest"
                )
            self._tracks[split] = found
        return self._tracks[split]


def _check_person(identity: str, people: dict[str, int]) -> None:
    """Refuse a name that is not there, or none where there are several people."""
    if identity and identity not in people:
        problem = "nobody of this name is in the corpus"
        raise InputError(compose(problem, given=identity, name=identity, choices=people))
    if not identity and len(people) > 1:
        some = ", ".join(list(people)[:_SHOWN])
        more = f" and {len(people) - _SHOWN} more" if len(people) > _SHOWN else ""
        problem = f"the corpus shows several people: {some}{more}"
        fix = "Say whom with the stage's option identity (of videos, identity: folder may help)."
        raise InputError(compose(problem, fix=fix))
