"""A talker: a portrait and speech in, a video of the person speaking out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray
from styletalker.core.assembly import Components
from styletalker.core.generation.ahead import made_ahead
from styletalker.core.generation.choices import Choices, How
from styletalker.core.generation.framing import Framing, Say
from styletalker.core.generation.gains import gains
from styletalker.core.generation.motion import read_motion
from styletalker.core.generation.motion_choice import choose_motion
from styletalker.core.generation.networks import Networks, device_named
from styletalker.core.generation.output import Output
from styletalker.core.generation.performance import perform
from styletalker.core.generation.pictures import Pictures, framing_of
from styletalker.core.generation.result import Generated
from styletalker.core.generation.speech import frame_count, frames_of_sound, scan
from styletalker.core.interfaces.generator import Resizable
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.movie import exact_rate
from styletalker.core.media.picture_track import Quality
from styletalker.core.media.writer import retimed
from styletalker.core.pretrained import load_talker_components
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry

__all__ = ["Generated", "Talker"]

Portrait = Path | str | NDArray[np.uint8]
"""An image file, or an image [H, W, 3], uint8 RGB."""


class Talker:
    """Makes portraits speak.

    The same portrait, sound, seed and options give the same frames, bit for bit on one device,
    whether the sound comes as a file or in blocks of any size. Memory does not grow with the
    length of the sound.

    **State.** None: each call starts anew. The components' networks are moved to the device and
    set to evaluation mode.
    """

    def __init__(
        self,
        components: Components,
        registry: Registry,
        *,
        name: str = "talker",
        framing: Framing | None = None,
        device: str = "auto",
        face_analyser: str | None = None,
    ) -> None:
        """Make a talker of components with their weights; see the class methods.

        Args:
            components: those of a talker; perhaps a face analyser.
            registry: what is installed: a face analyser is looked for if *components* has none.
            name: what to call it.
            framing: where it expects the eyes; None reads it from the weights' facts.
            device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
            face_analyser: its name; None for that of *components*, else the first that works.

        Raises:
            InputError: there is no such device.
            ConfigError, CheckpointError, PluginError: a component cannot be built.
        """
        self.name = name
        self._networks = Networks.of(components, device_named(device))
        self._pictures = Pictures(
            components,
            registry,
            framing=framing or framing_of(components, name),
            resolution=self.resolution,
            face_analyser=face_analyser,
        )

    @classmethod
    def from_pretrained(
        cls, source: str | Path, registry: Registry | None = None, **options: Any
    ) -> Talker:
        """A trained talker.

        Args:
            source: a talker's folder, the directory of a run that wrote one, or ``builtin:NAME``.
            registry: the components to use; those installed if None.
            options: as for the constructor: ``device``, ``face_analyser``, ``framing``.

        Raises:
            InputError, CheckpointError, PluginError, RunError: as
                :func:`~styletalker.core.pretrained.load_talker_components`.
        """
        registry = registry or Registry.installed()
        components = load_talker_components(source, registry)
        return cls(components, registry, name=components.name, **options)

    @classmethod
    def from_recipe(
        cls,
        recipe: str | Path,
        overrides: Sequence[str] = (),
        registry: Registry | None = None,
        **options: Any,
    ) -> Talker:
        """The components of a recipe with the weights it names; without ``weights:``, untrained.

        Args:
            recipe: path of a YAML file, or the name of a packaged recipe.
            overrides: ``key.path=value`` texts.
            registry: the components to use; those installed if None.
            options: as for the constructor.

        Raises:
            ConfigError: the recipe is faulty, or lacks a component.
        """
        registry = registry or Registry.installed()
        found = read_recipe(str(recipe), registry, overrides)
        return cls(Components(found.components, registry), registry, name=found.name, **options)

    @property
    def resolution(self) -> int:
        """Height and width R in pixels of the square that the networks work on."""
        return self._networks.generator.resolution

    @property
    def fps(self) -> int:
        """Frames per second."""
        return self._networks.audio_encoder.fps

    @property
    def sample_rate(self) -> int:
        """Samples per second of the sound that :meth:`stream` and :meth:`talk` take."""
        return self._networks.audio_encoder.sample_rate

    @property
    def motion_dim(self) -> int:
        """Motion latents Z per frame."""
        return self._networks.motion_vae.motion_dim

    def generate(
        self,
        portrait: Portrait,
        speech: Path | str,
        output: Path | str | None = None,
        *,
        frames_dir: Path | str | None = None,
        fps: float | Fraction | None = None,
        format: str | None = None,  # noqa: A002 - as in VideoWriter
        quality: Quality = "playable",
        overwrite: bool = False,
        say: Callable[[str], object] | None = None,
        progress: Callable[[int, int], object] | None = None,
        **how: Unpack[How],
    ) -> Generated:
        """Write a video of exactly round(duration * fps) frames with the given sound.

        Args:
            portrait: the image of a person.
            speech: an audio file, or a video whose sound is taken.
            output: the video file; folders are made. None if only frames are wanted.
            frames_dir: a new or empty folder for ``frame-000000.png`` and on.
            fps: frames per second of the video; None for the talker's.
            format: kind of video file; None takes it from the suffix.
            quality: what the encoder keeps.
            overwrite: replace *output* if it exists.
            say: called with each note for the user as it comes.
            progress: called with frames written and frames in all.
            how: the motion, the cut and the like: see
                :class:`~styletalker.core.generation.choices.Choices`.

        Raises:
            InputError: an argument is not usable, or a face is not found.
            CheckpointError: the talker's output is not finite.
            MediaError, RunError: a file cannot be read, or written.
        """
        start = time.perf_counter()
        notes, choices = Say(say), Choices.of(how)
        target = Output(
            output, frames_dir, format=format, quality=quality, overwrite=overwrite, say=notes
        )
        target.spare(portrait, speech, choices.motion)
        sound = scan(AudioFile.open(speech))
        rate = Fraction(self.fps) if fps is None else exact_rate(fps)
        count = frame_count(sound, rate)
        total = max(1, round(sound.duration_s * self.fps))
        if sound.silent:
            notes(f"{speech}: the sound is silent; the lips will stay closed")
        blocks = sound.file.blocks(sample_rate=self.sample_rate)
        frames = self._talk(portrait, blocks, choices, total, notes)
        if rate != self.fps:
            frames = retimed(frames, self.fps, rate, total, count=count)
        with target.open(rate, sound.file) as writer:
            for done, frame in enumerate(made_ahead(frames), 1):
                writer.write(frame)
                if progress is not None:
                    progress(done, count)
        return Generated(
            path=target.path,
            frames_dir=target.frames_dir,
            frames=count,
            fps=float(rate),
            duration_s=float(count / rate),
            seconds=time.perf_counter() - start,
            notes=tuple(notes.notes),
        )

    def stream(
        self,
        portrait: Portrait,
        blocks: Iterable[NDArray[np.float32]],
        *,
        frames: int | None = None,
        say: Callable[[str], object] | None = None,
        **how: Unpack[How],
    ) -> Iterator[NDArray[np.uint8]]:
        """Frames [H, W, 3], uint8 RGB, that come while the sound is still being read.

        The frames are those of :meth:`generate`, whatever the size of the blocks. A group of
        frames comes when its sound and the audio encoder's look-ahead have been read.

        Args:
            portrait: the image of a person.
            blocks: mono sound [S] in [-1, 1] at :attr:`sample_rate`, in pieces of any size.
            frames: how many frames; None for round(samples * fps / sample_rate).
            say: called with each note for the user as it comes.
            how: as for :meth:`generate`.

        Raises:
            InputError, MediaError: as for :meth:`generate`, at once; for *blocks*, when they come.
        """
        return self._talk(portrait, blocks, Choices.of(how), frames, Say(say))

    def _talk(
        self,
        portrait: Portrait,
        blocks: Iterable[NDArray[np.float32]],
        choices: Choices,
        total: int | None,
        say: Say,
    ) -> Iterator[NDArray[np.uint8]]:
        """The frames of a talk, as they are shown."""
        gain = gains(self._networks.generator, choices.manner)
        any_size = isinstance(self._networks.generator, Resizable)
        canvas = self._pictures.portrait(portrait, choices, say, any_size=any_size)
        networks = self._networks.at(len(canvas.image))
        person = networks.invert(networks.unit(canvas.image[None]))
        source = choose_motion(
            self._networks, self._pictures, person, choices, total=total, say=say
        )
        pieces = frames_of_sound(blocks, networks.hop, total)
        frames = perform(
            networks, person, pieces, source, motion_scale=choices.motion_scale, gains=gain
        )
        return map(canvas.show, frames)

    def talk(
        self, portrait: NDArray[np.uint8], waveform: NDArray[np.float32], **how: Any
    ) -> Iterator[NDArray[np.uint8]]:
        """Frames of a talk without any file, for evaluation.

        Args:
            portrait: [H, W, 3], uint8 RGB, framed as in training: its centre square is taken.
            waveform: mono sound [S] in [-1, 1] at :attr:`sample_rate`.
            how: as for :meth:`stream`, like the errors.
        """
        return self.stream(portrait, [waveform], **{"crop": "none", **how})

    def motion_of(self, frames: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """The motion [T, Z] of a video [R, R, 3] of one person, framed as in training.

        Raises:
            InputError: a frame is of another size, or there is none.
        """
        return read_motion(self._networks, frames)
