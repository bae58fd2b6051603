"""Stages that read the corpus while they train, instead of the artifact ``frames``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.core.training.config import StreamConfig

if TYPE_CHECKING:
    from styletalker.core.training.frames import FrameCache
    from styletalker.core.training.stream import ClipStream, Cut

__all__ = ["StreamingStage", "clip_stream", "frames_to_try"]


class StreamingStage(Stage, abstract=True):
    """A stage whose options say where its clips come from."""

    config: StreamConfig

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The frames of an earlier stage, unless they are streamed."""
        return () if self.config.stream else ("frames",)

    @property
    def uses_corpus(self) -> bool:  # type: ignore[override]
        """Only when streaming."""
        return self.config.stream


def clip_stream(
    context: StageContext, config: StreamConfig, split: str, cut: Cut, *, batch: int
) -> ClipStream:
    """Batches of items that *cut* makes of the corpus's clips.

    Raises:
        InputError: there is no such split, or it is empty.
    """
    from styletalker.core.training.stream import ClipStream

    return ClipStream(
        context.corpus(),
        split,
        cut,
        seed=context.seed,
        batch=batch,
        workers=config.stream_workers,
        mixed=config.stream_mixed,
    )


def frames_to_try(
    context: StageContext, config: StreamConfig, split: str, *, clips: int
) -> FrameCache:
    """Frames of people that networks are tried on: the artifact's, or of the first *clips* clips.

    Raises:
        InputError: there is no such split.
    """
    from styletalker.core.training.frames import FrameCache

    if not config.stream:
        return FrameCache.open(context.inputs["frames"] / split)
    corpus = context.corpus()
    corpus.check_split(split)
    total = min(clips, corpus.count(split))
    with context.progress(f"clips of {split}", total) as progress:
        folder = context.directory / f"frames-{split}"
        return FrameCache.build(folder, corpus, split, clips=clips, progress=progress.advance)
