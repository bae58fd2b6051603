"""Commands of the evaluation: ``toolkit evaluate``, ``compare`` and ``study``."""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.evaluation.commands.config import CompareConfig, EvaluateCommandConfig, StudyConfig

__all__ = ["styletalker_components"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the commands."""
    return [
        Component(
            role="command",
            name="evaluate",
            target="styletalker.evaluation.commands.evaluate:EvaluateCommand",
            config=EvaluateCommandConfig,
            summary="measures anyone's videos and writes a report",
            source="docs/evaluation.md",
            licence="Apache-2.0; its default metrics need dlib's models: no commercial use",
            smoke={},
        ),
        Component(
            role="command",
            name="compare",
            target="styletalker.evaluation.commands.compare:CompareCommand",
            config=CompareConfig,
            summary="compares the reports of runs, with tests on common clips",
            source="Wilcoxon 1945, Holm 1979, Efron 1979",
            licence="Apache-2.0",
            smoke={},
        ),
        Component(
            role="command",
            name="study",
            target="styletalker.evaluation.commands.study:StudyCommand",
            config=StudyConfig,
            summary="asks people which videos are better, and analyses the answers",
            source="Bradley & Terry 1952, Wilcoxon 1945, ITU-T P.910",
            licence="Apache-2.0",
            smoke={},
        ),
    ]
