"""What is compared: methods, each with its clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.metric import Metric
from styletalker.evaluation.harness.source import DubbedSource, Source
from styletalker.evaluation.harness.tool import Tool

__all__ = [
    "TRUTH",
    "Kind",
    "Method",
    "Sample",
    "concerning",
    "leaking",
    "shuffled",
    "truth_of",
]

Kind = Literal["method", "truth", "ceiling", "floor", "leakage"]
"""``method`` is what is judged. The others are controls: the ground truth, what the renderer could
reach, lips scored against somebody else's sound, and motion-controlled clips against the clip whose
motion they follow: its motion should be there, its lips should not."""

TRUTH = "ground truth"
"""How the ground truth is called among the methods."""


@attrs.frozen(kw_only=True)
class Sample:
    """One clip to be measured."""

    name: str
    """The same for all methods: by it clips are paired."""
    generated: Source
    """The video."""
    reference: Source | None = None
    """The ground truth, if there is one."""
    motion: Source | None = None
    """Whose motion is seen, if it is somebody else's: lips must not follow it."""
    facts: Mapping[str, Any] = attrs.field(factory=dict, eq=False)
    """Whatever else is known, ready for JSON."""


@attrs.frozen(kw_only=True)
class Method:
    """Something that made videos."""

    name: str
    """As tables show it."""
    samples: tuple[Sample, ...]
    """Its clips."""
    kind: Kind = "method"
    """Whether it is judged or a control."""
    hears_only: bool = False
    """Whether only metrics of sound and of what is said mean something here."""
    note: str = ""
    """For readers: what it is."""

    def concerns(self, metric: Metric) -> bool:
        """Whether *metric* means something here."""
        if metric.follows:
            return self.kind == "leakage"
        return metric.hears or not self.hears_only

    def __attrs_post_init__(self) -> None:
        """Refuse two clips of one name: they could not be told apart."""
        names = [sample.name for sample in self.samples]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            problem = f"{self.name}: two clips have one name"
            raise InputError(compose(problem, given=twice[0]))


def concerning(tools: Sequence[Tool], methods: Sequence[Method]) -> list[Tool]:
    """Those of *tools* that mean something for one of *methods*."""
    return [tool for tool in tools if any(method.concerns(tool.metric) for method in methods)]


def truth_of(methods: Sequence[Method]) -> Method:
    """The ground truth of all clips, to be scored by the same tools: the control that must win."""
    samples = {
        one.name: attrs.evolve(one, generated=one.reference)
        for method in methods
        for one in method.samples
        if one.reference is not None
    }
    note = "the recordings themselves, seen by the same tools"
    return Method(name=TRUTH, samples=tuple(samples.values()), kind="truth", note=note)


def shuffled(method: Method) -> Method:
    """The floor: each clip of *method* with the sound of the next clip that says something else.

    The reference becomes the other clip's. A method with one clip has no floor: no samples.
    """
    samples = []
    count = len(method.samples)
    for place, one in enumerate(method.samples):
        others = (method.samples[(place + step) % count] for step in range(1, count))
        other = next((o for o in others if _sound_of(o) != _sound_of(one)), None)
        if other is not None:
            dubbed = DubbedSource(one.generated, _sound_of(other))
            facts = {"sound": other.name}
            samples.append(
                Sample(name=one.name, generated=dubbed, reference=other.reference, facts=facts)
            )
    return Method(
        name=f"{method.name}, shuffled sound",
        samples=tuple(samples),
        kind="floor",
        hears_only=True,
        note="the same pictures against another clip's sound: what chance scores",
    )


def leaking(method: Method) -> Method | None:
    """Motion-controlled clips against the clip whose motion they follow.

    Their head and eyes must move as the source's do (metrics with ``follows``).

    Lip leakage: their lips must not say what the source says.

    The lips of such a clip must follow its own sound. If they fit the motion source's better than
    any stranger's, the source's lips have leaked through: whatever hears (sync, aperture
    correlation and so on) should score as with shuffled sound. None if no clip has a motion
    source.
    """
    samples = tuple(
        Sample(name=s.name, generated=DubbedSource(s.generated, s.motion), reference=s.motion)
        for s in method.samples
        if s.motion is not None
    )
    if not samples:
        return None
    return Method(
        name=f"{method.name}, motion source",
        samples=samples,
        kind="leakage",
        hears_only=True,
        note="its motion should be followed; what hears should be as near chance as shuffled sound",
    )


def _sound_of(sample: Sample) -> Source:
    """Whose sound a clip has: the ground truth's, which knows the phonemes, if there is one."""
    return sample.reference or sample.generated
