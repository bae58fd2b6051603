"""Stage ``generate``: videos of people the talker knows only by a portrait, and the real ones."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
from styletalker.core.errors import ConfigError, compose
from styletalker.core.files import remove_torn, write_json
from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.core.talker_folder import TALKER_ROLES
from styletalker.recipes.stages.config import GenerateStageConfig
from styletalker.recipes.stages.video_list import MANIFEST

if TYPE_CHECKING:
    from styletalker.core.talker import Talker
    from styletalker.recipes.stages.clips import ClipSource, Talk

__all__ = ["GenerateVideos"]


@attrs.frozen(kw_only=True)
class _Video:
    """A video to make, and its line in the manifest."""

    index: int
    kind: str
    """``audio``, ``motion`` or ``truth``."""
    seed: int | None = None
    motion: int | None = None
    """Index of the clip whose motion is followed."""

    @property
    def suffix(self) -> str:
        return f"seed{self.seed}" if self.kind == "audio" else self.kind


class GenerateVideos(Stage):
    """Writes ``videos/NAME.seed0.mp4``, ``NAME.motion.mp4``, ``NAME.truth.mp4``, and a list.

    The talker is the artifact ``talker`` if an earlier stage wrote one; else it is made of the
    recipe's components, with the weights that earlier stages wrote or the recipe names. Clips come
    from the artifact ``frames``, else from the recipe's corpus. A killed attempt goes on after its
    last finished video.
    """

    config: GenerateStageConfig
    optional_inputs: ClassVar[tuple[str, ...]] = ("talker", "frames", *TALKER_ROLES)
    outputs: ClassVar[Mapping[str, str]] = {"videos": "videos"}
    roles: ClassVar[tuple[str, ...]] = TALKER_ROLES
    uses_corpus = True

    def run(self, context: StageContext) -> None:
        """Make video after video, then the manifest."""
        from styletalker.recipes.stages.clips import open_clips

        if self.config.threads is not None:
            import torch

            torch.set_num_threads(self.config.threads)
        talker, clips = self._talker(context), open_clips(context, self.config.split)
        self._check(talker, clips)
        folder = context.outputs["videos"]
        folder.mkdir(parents=True, exist_ok=True)
        remove_torn(folder)
        plan = list(self._plan(min(self.config.clips, clips.count)))
        lines = []
        with context.progress("videos", len(plan)) as progress:
            for video in plan:
                clip = clips.talk(video.index)
                path = folder / f"{_file_name(clip.name)}.{video.suffix}.mp4"
                if not (context.resuming and path.exists()):
                    self._make(path, video, clip, clips, talker)
                lines.append(self._line(video, clip, path))
                progress.advance(1, path.name)
        paths = [line["path"] for line in lines]
        if len(set(paths)) != len(paths):
            raise ConfigError(f"split {self.config.split!r}: two clips have the same name")
        about = {
            "format": 1,
            "talker": talker.name,
            "split": self.config.split,
            "fps": clips.fps,
            "sample_rate": clips.sample_rate,
            "resolution": talker.resolution,
            "quality": self.config.quality,
            "videos": lines,
        }
        write_json(folder / MANIFEST, about)
        context.record(0, videos=len(lines))

    def _plan(self, count: int) -> Iterator[_Video]:
        """All videos, clip by clip."""
        for index in range(count):
            for seed in self.config.seeds:
                yield _Video(index=index, kind="audio", seed=seed)
            if self.config.motion == "next" and count > 1:
                yield _Video(index=index, kind="motion", motion=(index + 1) % count)
            yield _Video(index=index, kind="truth")

    def _make(
        self, path: Path, video: _Video, clip: Talk, clips: ClipSource, talker: Talker
    ) -> None:
        """Write one video with the clip's own sound."""
        from styletalker.core.media.crop import to_size
        from styletalker.core.media.video import write_video

        frames: Any = clip.frames
        if video.kind != "truth":
            motion = None
            if video.motion is not None:
                moving = (to_size(f, talker.resolution) for f in clips.talk(video.motion).frames)
                motion = talker.motion_of(moving)
            portrait = clip.frames[min(self.config.portrait_frame, len(clip.frames) - 1)]
            frames = talker.talk(
                portrait,
                clip.waveform,
                motion=motion,
                seed=_noise_seed(video, clip),
                temperature=self.config.temperature,
                motion_scale=self.config.motion_scale,
                frames=len(clip.frames),
            )
        write_video(
            path,
            frames,
            fps=clips.fps,
            waveform=clip.waveform,
            sample_rate=clips.sample_rate,
            quality=self.config.quality,
        )

    def _line(self, video: _Video, clip: Talk, path: Path) -> dict[str, Any]:
        """A video's entry in the manifest."""
        split, drawn = self.config.split, video.kind != "truth"
        moves = video.index if video.kind == "truth" else video.motion
        return {
            # Unique among its kind: the evaluation pairs clips of runs by this name.
            "name": f"{clip.name}.{video.suffix}" if video.kind == "audio" else clip.name,
            "identity": clip.identity,
            "split": split,
            "index": video.index,
            "kind": video.kind,
            "seed": video.seed,
            "noise_seed": _noise_seed(video, clip) if drawn else None,
            "portrait_frame": min(self.config.portrait_frame, len(clip.frames) - 1),
            "motion_source": None if moves is None else {"split": split, "index": moves},
            "audio_source": {"split": split, "index": video.index},
            "frames": len(clip.frames),
            "path": path.name,
        }

    def _talker(self, context: StageContext) -> Talker:
        from styletalker.core.talker import Talker
        from styletalker.recipes.stages.networks import network

        device = self.config.device
        if "talker" in context.inputs:
            return Talker.from_pretrained(context.inputs["talker"], context.registry, device=device)
        untrained = [
            role
            for role in TALKER_ROLES
            if role not in context.inputs and context.components.chosen(role).weights is None
        ]
        if untrained:
            context.say(f"no trained weights for: {', '.join(untrained)}")
        for role in TALKER_ROLES:
            network(context, role)  # type: ignore[call-overload]
        # A copy: later stages may go on training these networks.
        own = copy.deepcopy(context.components)
        return Talker(own, context.registry, name=context.name, device=device)

    def _check(self, talker: Talker, clips: ClipSource) -> None:
        """Refuse a corpus of other rates."""
        rates = (clips.fps, clips.sample_rate)
        if rates != (talker.fps, talker.sample_rate):
            problem = "the corpus does not fit the talker"
            expected = f"{talker.fps} frames per second and {talker.sample_rate} Hz"
            raise ConfigError(compose(problem, expected=expected, given=rates))


def _noise_seed(video: _Video, clip: Talk) -> int:
    """The seed of a video's noise: another for each clip, or all would blink at the same time."""
    from styletalker.core.training.draws import seed_of

    return seed_of(video.seed or 0, clip.name)


def _file_name(name: str) -> str:
    """A clip's name as part of a file's."""
    return re.sub(r"[^\w.-]", "-", name)
