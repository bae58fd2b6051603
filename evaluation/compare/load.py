"""Reports of runs, read back."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.errors import InputError, RunError, compose
from styletalker.core.files import read_json
from styletalker.core.recipe.nodes import read_yaml
from styletalker.core.run.artifacts import is_run, latest_artifact
from styletalker.evaluation.harness.summary import CLIPS, FORMAT, SUMMARY

__all__ = ["Report", "load_report"]

_ARTIFACT = "report"


@attrs.frozen(kw_only=True, eq=False)
class Report:
    """What one run's evaluation found."""

    label: str
    """The folder as it was given."""
    recipe: str
    """The run's recipe; the label for a report that is of no run."""
    seed: int | None
    """The recipe's seed, if known."""
    summary: Mapping[str, Any]
    """The content of ``summary.json``."""
    clips: Mapping[tuple[str, str], Mapping[str, float]]
    """(method, metric) -> clip -> value, of the clips that could be measured."""

    def entry(self, method: str, metric: str) -> Mapping[str, Any] | None:
        """What the summary says of a method and metric, if it does."""
        found: Mapping[str, Any] | None = self.summary["methods"].get(method, {}).get(metric)
        return found

    def methods(self) -> list[str]:
        """Names of the methods that are judged."""
        return [name for name, kind in self.summary["kinds"].items() if kind == "method"]

    def truth(self) -> str | None:
        """Name of the ground truth among the methods, if it was scored."""
        kinds = self.summary["kinds"].items()
        return next((name for name, kind in kinds if kind == "truth"), None)

    def renamed(self, old: str, new: str) -> Report:
        """The same with the method *old* called *new*."""
        summary = dict(self.summary)
        for part in ("methods", "kinds", "notes"):
            summary[part] = {new if k == old else k: v for k, v in summary[part].items()}
        clips = {(new if k[0] == old else k[0], k[1]): v for k, v in self.clips.items()}
        return attrs.evolve(self, summary=summary, clips=clips)


def load_report(path: Path) -> Report:
    """The last report of a run, or a folder that ``toolkit evaluate`` wrote.

    Raises:
        InputError: it is neither, or the report is of another version.
        RunError: no stage of the run has written a report yet, or it is damaged.
    """
    if not path.is_dir():
        problem = "is a file, not a run" if path.exists() else "no such folder"
        raise InputError(compose(problem, where=str(path), fix="Give the directories of runs."))
    recipe, seed, folder = str(path), None, path
    if is_run(path):
        try:
            folder = latest_artifact(path, _ARTIFACT)
        except RunError as error:
            fix = "Add the stage `evaluate` to the recipe and run it again."
            raise RunError(f"{error}. {fix}") from error
        state = read_json(path / "run.json")
        recipe, seed = str(state.get("recipe", path.name)), _seed_of(path)
    elif not (path / SUMMARY).is_file():
        problem = f"is neither a run (no run.json) nor a report (no {SUMMARY})"
        raise InputError(compose(problem, where=str(path)))
    summary = read_json(folder / SUMMARY)
    if not isinstance(summary, dict) or summary.get("format") != FORMAT:
        given = summary.get("format") if isinstance(summary, dict) else None
        problem = f"a report of another version (format {given}, this one reads {FORMAT})"
        raise InputError(compose(problem, where=str(folder / SUMMARY), fix="Evaluate again."))
    return Report(
        label=str(path), recipe=recipe, seed=seed, summary=summary, clips=_clips(folder / CLIPS)
    )


def _seed_of(run: Path) -> int | None:
    node = read_yaml(run / "recipe.yaml").value.get("seed")
    value = getattr(node, "value", None)
    return value if isinstance(value, int) else 0 if value is None else None


def _clips(path: Path) -> dict[tuple[str, str], dict[str, float]]:
    found: dict[tuple[str, str], dict[str, float]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if row["value"]:
                    values = found.setdefault((row["method"], row["metric"]), {})
                    values[row["clip"]] = float(row["value"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path}: cannot be read: {error!r}") from error
    return found
