"""Stage ``evaluate``: generated videos against the corpus, with controls and a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from styletalker.core.errors import ConfigError, StyletalkerError, compose
from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.evaluate_config import EvaluateConfig
from styletalker.recipes.stages.reconstruction import NETWORKS, load_networks
from styletalker.recipes.stages.video_list import Place, VideoEntry, read_videos

if TYPE_CHECKING:
    from styletalker.evaluation.harness.method import Method
    from styletalker.evaluation.harness.source import Source
    from styletalker.evaluation.harness.tool import Tool

__all__ = ["Evaluate"]

_KINDS: Mapping[str, str] = {"audio": "audio-driven", "motion": "motion-controlled"}
"""How kinds of videos are called in tables; others keep their name."""
_SCORER = "sync_scorer"


class Evaluate(Stage):
    """Measures the artifact ``videos`` and writes ``report/index.html`` with all numbers.

    A killed attempt goes on after the last measured clip.
    """

    config: EvaluateConfig
    inputs: ClassVar[tuple[str, ...]] = ("videos",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("frames", _SCORER, *NETWORKS)
    outputs: ClassVar[Mapping[str, str]] = {"report": "report"}
    uses_corpus = True

    def run(self, context: StageContext) -> None:
        """Measure, summarise, write."""
        from styletalker.evaluation.harness.method import concerning, leaking, shuffled, truth_of
        from styletalker.evaluation.report.write import write_report

        config = self.config
        entries = [one for one in read_videos(context.inputs["videos"]) if one.kind != "truth"]
        truths = _Truths(context)
        judged = _methods(entries, truths)
        methods = [*judged, *self._ceiling(context, entries, truths)]
        if config.controls:
            leaks = [leak for one in judged if (leak := leaking(one))]
            methods = [truth_of(judged), *methods, *map(shuffled, judged), *leaks]
        annotated = not config.metrics and truths.annotated(entries)
        tools = self._tools(context, annotated=annotated)
        if not config.metrics:
            tools = concerning(tools, methods)
        for tool in tools:
            if tool.unavailable:
                context.say(f"{tool.metric.title} is not computed: {tool.unavailable}")
        total = sum(len(method.samples) for method in methods)
        with context.progress("clips", total) as progress:
            summary = write_report(
                context.outputs["report"],
                methods,
                tools,
                store=context.directory / "measurements",
                # The stage is in RUN/stages: the run is what is evaluated.
                title=f"Evaluation of {context.directory.absolute().parents[1].name}",
                shown=config.shown,
                workers=None if config.workers == "auto" else config.workers,
                tolerance_frames=config.tolerance_frames,
                level=config.level,
                resamples=config.resamples,
                progress=progress.advance,
            )
        for method in judged:
            entries_of = summary["methods"][method.name]
            values = {k: e["value"] for k, e in entries_of.items() if e["value"] is not None}
            context.record(0, **{f"{method.name}/{name}": value for name, value in values.items()})
        context.say(f"{len(entries)} videos: {context.outputs['report'] / 'index.html'}")

    def _tools(self, context: StageContext, *, annotated: bool) -> list[Tool]:
        from styletalker.evaluation.harness.default import (
            ANNOTATED_METRICS,
            DEFAULT_METRICS,
            choose_metrics,
        )
        from styletalker.evaluation.harness.sync_metrics import (
            SyncScorer,
            load_scorer,
            sync_tools,
        )
        from styletalker.evaluation.harness.tool import tools_of

        names = DEFAULT_METRICS + (ANNOTATED_METRICS if annotated else ())
        chosen = self.config.metrics or choose_metrics(names, context.registry)
        tools = tools_of(chosen, context.registry)
        scorer, option = None, self.config.sync_scorer
        if _SCORER in context.inputs:
            scorer = load_scorer(context.inputs[_SCORER], context.registry)
        elif option is not None:
            if option.weights is None:
                problem = f"the sync_scorer {option.type!r} of stage {context.name!r} is untrained"
                raise ConfigError(compose(problem, fix="Add weights: to it."))
            scorer = SyncScorer(option.type, context.choose(option), option.weights.sha256)
        return tools + (sync_tools(scorer) if scorer is not None else [])

    def _ceiling(
        self, context: StageContext, entries: list[VideoEntry], truths: _Truths
    ) -> list[Method]:
        """Ground truth as the generator can paint it, if there is one."""
        from styletalker.evaluation.harness.method import Method, Sample
        from styletalker.evaluation.harness.source import (
            DubbedSource,
            MissingSource,
            VideoSource,
        )

        first = {one.portrait: one for one in reversed(entries)}
        chosen = list(reversed(first.values()))[: self.config.reconstructions]
        painter = load_networks(context) if chosen else None
        if painter is None:
            return []
        samples = []
        with context.progress("reconstructions", len(chosen)) as progress:
            for one in chosen:
                truth = truths.source(one.portrait)
                place = f"{one.portrait.split}-{one.portrait.index}.mp4"
                path = context.directory / "reconstructions" / place
                try:
                    painter.write(truth.load(), path)
                    made: Source = DubbedSource(VideoSource(path, name=one.name), truth)
                except StyletalkerError as error:  # counted, as everything that cannot be measured
                    made = MissingSource(f"no reconstruction: {error}")
                samples.append(Sample(name=one.name, generated=made, reference=truth))
                progress.advance()
        note = "the ground truth through inverter and generator: the best they can show"
        return [Method(name="reconstruction", samples=tuple(samples), kind="ceiling", note=note)]


class _Truths:
    """Clips of the corpus as sources: from the cached frames if they are there."""

    def __init__(self, context: StageContext) -> None:
        self._corpus = context.corpus()
        self._frames = context.inputs.get("frames")
        self._cached: dict[str, int] = {}

    def source(self, place: Place) -> Source:
        """The ground truth at *place*; raises InputError if there is none."""
        from styletalker.evaluation.harness.source import CachedSource, CorpusSource

        if self._frames is not None and place.index < self._count(place.split):
            return CachedSource(self._frames / place.split, place.index)
        self._corpus.check_split(place.split)
        self._corpus.check_index(place.split, place.index)
        return CorpusSource(self._corpus, place.split, place.index)

    def annotated(self, entries: list[VideoEntry]) -> bool:
        """Whether the corpus knows landmarks; the first clip tells."""
        return bool(entries) and self.source(entries[0].portrait).load().landmarks is not None

    def _count(self, split: str) -> int:
        from styletalker.core.training.frames import FrameCache

        assert self._frames is not None
        if split not in self._cached:
            folder = self._frames / split
            self._cached[split] = FrameCache.open(folder).clips if folder.is_dir() else 0
        return self._cached[split]

    def reference(self, entry: VideoEntry) -> Source:
        """What *entry* should look and sound like."""
        from styletalker.evaluation.harness.source import DubbedSource

        picture = self.source(entry.portrait)
        if entry.audio == entry.portrait:
            return picture
        return DubbedSource(picture, self.source(entry.audio))


def _methods(entries: list[VideoEntry], truths: _Truths) -> list[Method]:
    """One method for each kind of video."""
    from styletalker.evaluation.harness.method import Method, Sample
    from styletalker.evaluation.harness.source import VideoSource

    kinds: dict[str, list[Sample]] = {}
    for one in entries:
        reference = truths.reference(one)
        made = VideoSource(one.path, name=one.name)
        foreign = one.motion is not None and one.motion != one.audio
        motion = truths.source(one.motion) if one.motion is not None and foreign else None
        sample = Sample(
            name=one.name,
            generated=made,
            reference=reference,
            motion=motion,
            facts={"seed": one.seed},
        )
        kinds.setdefault(one.kind, []).append(sample)
    return [
        Method(name=_KINDS.get(kind, kind), samples=tuple(samples))
        for kind, samples in kinds.items()
    ]
