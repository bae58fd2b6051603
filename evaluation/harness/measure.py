"""Measuring the clips that share a ground truth, in one process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from styletalker.core.clip import Clip
from styletalker.core.errors import StyletalkerError
from styletalker.evaluation.harness.source import Source, cut, digest_of_clip
from styletalker.evaluation.harness.store import Store
from styletalker.evaluation.harness.tool import Tool
from styletalker.evaluation.observe import remember_in

__all__ = ["Job", "Measurer", "Outcome"]


@attrs.frozen(kw_only=True)
class Outcome:
    """What one metric said about one clip."""

    method: str
    """Whose clip."""
    clip: str
    """Its name."""
    tool: str
    """Name of the metric."""
    measurement: dict[str, Any] | None = None
    """What was measured; None if it could not be."""
    reason: str = ""
    """Why not."""


@attrs.frozen(kw_only=True)
class Job:
    """A clip to be measured with some metrics."""

    method: str
    clip: str
    generated: Source
    reference: Source | None
    tools: tuple[str, ...]
    """Names of the metrics."""
    tolerance_frames: int | None = 0
    """By how much the lengths may differ, to be cut to the shorter; None for any."""


@attrs.define(eq=False)
class Measurer:
    """Measures jobs, with what was measured before from a store."""

    tools: dict[str, Tool]
    store: Store

    def __attrs_post_init__(self) -> None:
        """Let what is seen in frames be kept too: landmarks cost more than all metrics."""
        remember_in(self.store.folder)

    def measure(self, jobs: Sequence[Job]) -> list[Outcome]:
        """All jobs of one ground truth; each clip is read once."""
        clips: dict[Source, Clip | str] = {}
        return [outcome for job in jobs for outcome in self._job(job, clips)]

    def _job(self, job: Job, clips: dict[Source, Clip | str]) -> list[Outcome]:
        if not job.tools:
            return []
        generated = _loaded(job.generated, clips)
        reference = None if job.reference is None else _loaded(job.reference, clips)
        broken = next((one for one in (generated, reference) if isinstance(one, str)), None)
        if broken is not None:
            return [self._outcome(job, name, reason=broken) for name in job.tools]
        assert isinstance(generated, Clip)
        assert not isinstance(reference, str)
        if reference is not None:
            generated, reference = _same_length(generated, reference, job.tolerance_frames)
        digests = [digest_of_clip(generated), reference and digest_of_clip(reference)]
        return [self._tool(job, name, generated, reference, digests) for name in job.tools]

    def _tool(
        self,
        job: Job,
        name: str,
        generated: Clip,
        reference: Clip | None,
        digests: list[Any],
    ) -> Outcome:
        tool = self.tools[name]
        key = Store.key(tool.identity, *digests)
        known = self.store.get(key)
        if known is not None:
            return self._outcome(job, name, measurement=known)
        try:
            measured = tool.metric.measure(generated, reference)
        except StyletalkerError as error:
            return self._outcome(job, name, reason=str(error))
        except Exception as error:  # a metric's own fault must not end the evaluation of all others
            text = f"the metric failed: {type(error).__name__}: {error}"
            return self._outcome(job, name, reason=" ".join(text.split()))
        self.store.put(key, measured)
        return self._outcome(job, name, measurement=measured)

    @staticmethod
    def _outcome(job: Job, tool: str, **what: Any) -> Outcome:
        return Outcome(method=job.method, clip=job.clip, tool=tool, **what)


def _loaded(source: Source, clips: dict[Source, Clip | str]) -> Clip | str:
    """The clip, or why it cannot be read."""
    if source not in clips:
        try:
            clips[source] = source.load()
        except StyletalkerError as error:
            clips[source] = str(error)
    return clips[source]


def _same_length(
    generated: Clip, reference: Clip, tolerance_frames: int | None
) -> tuple[Clip, Clip]:
    """Both cut to the shorter one, if they do not differ by more than is tolerated."""
    ours, theirs = len(generated.frames), len(reference.frames)
    if tolerance_frames is not None and abs(ours - theirs) > tolerance_frames:
        return generated, reference
    return cut(generated, min(ours, theirs)), cut(reference, min(ours, theirs))
