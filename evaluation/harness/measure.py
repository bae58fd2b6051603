"""Measuring the clips that share a ground truth, in one process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, StyletalkerError
from styletalker.evaluation.harness.remarks import about_faces
from styletalker.evaluation.harness.source import Source, cut, digest_of_clip, remarks_of
from styletalker.evaluation.harness.store import Store
from styletalker.evaluation.harness.tool import Tool
from styletalker.evaluation.observe import observe, remember_in

__all__ = ["Job", "Measurer", "Outcome"]

_FAILED, _REMARKS = "failed", "remarks"


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
    remarks: tuple[str, ...] = ()
    """What a reader must know of the clip, whether it could be measured or not."""


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
        """All jobs of one ground truth, which is read once; other clips go after their job."""
        shared: dict[Source, Clip | str] = {}
        return [outcome for job in jobs for outcome in self._job(job, shared)]

    def _job(self, job: Job, shared: dict[Source, Clip | str]) -> list[Outcome]:
        if not job.tools:
            return []
        known = self._remembered(job)
        if known is not None:
            return known
        reference = None if job.reference is None else _loaded(job.reference, shared)
        generated = shared[job.generated] if job.generated in shared else _loaded(job.generated, {})
        if isinstance(generated, str):
            return [self._outcome(job, name, reason=generated) for name in job.tools]
        if isinstance(reference, str):
            return self._alone(job, generated, reference)
        if reference is not None:
            generated, reference = _same_length(generated, reference, job.tolerance_frames)
        marks = quick = _marks(job)
        if marks is None:
            marks = [digest_of_clip(generated), reference and digest_of_clip(reference)]
        found = [self._tool(job, name, generated, reference, marks) for name in job.tools]
        remarks = _remarks(generated)
        if quick is not None:
            self.store.put(Store.key(_REMARKS, *quick), {_REMARKS: remarks})
        return [attrs.evolve(one, remarks=tuple(remarks)) for one in found]

    def _alone(self, job: Job, generated: Clip, reason: str) -> list[Outcome]:
        """A clip whose ground truth cannot be read, for a *reason*: what needs none is measured."""
        marks, remarks = [digest_of_clip(generated), None], tuple(_remarks(generated))
        found = [
            self._outcome(job, name, reason=reason)
            if self.tools[name].metric.uses_reference
            else self._tool(job, name, generated, None, marks)
            for name in job.tools
        ]
        return [attrs.evolve(one, remarks=remarks) for one in found]

    def _remembered(self, job: Job) -> list[Outcome] | None:
        """What is known of a job whose clips need not be read for that; None if not everything."""
        marks = _marks(job)
        about = None if marks is None else self.store.get(Store.key(_REMARKS, *marks))
        if marks is None or about is None:
            return None
        found = []
        for name in job.tools:
            one = self._known(job, name, marks)
            if one is None:
                return None
            found.append(attrs.evolve(one, remarks=tuple(about[_REMARKS])))
        return found

    def _known(self, job: Job, name: str, marks: list[Any]) -> Outcome | None:
        """What was measured before, or why it could not be."""
        identity = self.tools[name].identity
        known = self.store.get(Store.key(identity, *marks))
        if known is not None:
            return self._outcome(job, name, measurement=known)
        failed = self.store.get(Store.key(_FAILED, identity, job.clip, *marks))
        return None if failed is None else self._outcome(job, name, reason=failed[_FAILED])

    def _tool(
        self, job: Job, name: str, generated: Clip, reference: Clip | None, marks: list[Any]
    ) -> Outcome:
        known = self._known(job, name, marks)
        if known is not None:
            return known
        tool = self.tools[name]
        try:
            measured = tool.metric.measure(generated, reference)
        except InputError as error:  # of the clips alone: it would be the same again
            reason = str(error)
            key = Store.key(_FAILED, tool.identity, job.clip, *marks)
            self.store.put(key, {_FAILED: reason})
            return self._outcome(job, name, reason=reason)
        except StyletalkerError as error:
            return self._outcome(job, name, reason=str(error))
        except Exception as error:  # a metric's own fault must not end the evaluation of all others
            text = f"the metric failed: {type(error).__name__}: {error}"
            return self._outcome(job, name, reason=" ".join(text.split()))
        self.store.put(Store.key(tool.identity, *marks), measured)
        return self._outcome(job, name, measurement=measured)

    @staticmethod
    def _outcome(job: Job, tool: str, **what: Any) -> Outcome:
        return Outcome(method=job.method, clip=job.clip, tool=tool, **what)


def _marks(job: Job) -> list[Any] | None:
    """What a job's measurements depend on, if that is known without reading its clips."""
    made = job.generated.fingerprint()
    truth = None if job.reference is None else job.reference.fingerprint()
    if made is None or (job.reference is not None and truth is None):
        return None
    return [made, truth, str(job.tolerance_frames)]


def _remarks(generated: Clip) -> list[str]:
    counts = observe(generated).faces_if_known()
    return remarks_of(generated) + ([] if counts is None else about_faces(counts))


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
