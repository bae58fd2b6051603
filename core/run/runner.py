"""Running a recipe: each stage in order, skipped if finished, continued if killed."""

from __future__ import annotations

import logging
import shlex
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

import attrs
from styletalker.core.assembly import Components
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import InputError, RunError, StyletalkerError, compose
from styletalker.core.files import listing_of, read_json, write_json, write_text
from styletalker.core.recipe.dump import dump_recipe
from styletalker.core.recipe.model import Recipe
from styletalker.core.registry import Registry
from styletalker.core.run.context import StageContext
from styletalker.core.run.directory import RunDirectory, now
from styletalker.core.run.environment import describe_environment
from styletalker.core.run.metrics import MetricsLog
from styletalker.core.run.plan import Step, make_plan
from styletalker.core.run.progress import Reporter
from styletalker.core.run.seeding import seed_everything, stage_seed

__all__ = ["RunReport", "StageReport", "run_recipe"]

Outcome = Literal["done", "skipped"]


@attrs.frozen(kw_only=True)
class StageReport:
    """What became of one stage."""

    name: str
    outcome: Outcome
    seconds: float
    outputs: dict[str, str]
    """Artifact -> path."""


@attrs.frozen(kw_only=True)
class RunReport:
    """What became of a run."""

    directory: str
    stages: tuple[StageReport, ...]


def run_recipe(
    recipe: Recipe,
    registry: Registry,
    directory: Path,
    *,
    resume: bool = False,
    force: Collection[str] = (),
    reporter: Reporter | None = None,
) -> RunReport:
    """Run the stages of a recipe that are not finished yet.

    Args:
        recipe: the recipe.
        registry: the components it uses.
        directory: the run directory; made if there is none.
        resume: go on with an unfinished run.
        force: names of stages to redo although they are finished; ``all`` for every one.
        reporter: whom to tell; by default standard error.

    Raises:
        StyletalkerError: of the kind of the failure; the run directory says what was done.
    """
    reporter = reporter or Reporter()
    plan = make_plan(recipe, registry)
    if not plan:
        raise RunError(f"the recipe {recipe.name!r} has no pipeline: there is nothing to run")
    forced = _forced(force, plan)
    with RunDirectory.open(directory, recipe.name, resume=resume or bool(forced)) as run:
        run.set_status("running")
        _write_provenance(run, recipe, registry)
        log, handler = _open_log(run.path / "log.txt")
        try:
            with reporter.live():
                runner = _Runner(run, recipe, registry, plan, log, reporter)
                report = runner.run(forced)
            run.set_status("done")
            return report
        except KeyboardInterrupt:
            log.warning("stopped by the user")
            reporter.say("stopped; go on with --resume")
            run.set_status("stopped")
            raise
        except BaseException:
            run.set_status("failed")
            raise
        finally:
            handler.close()


class _Runner:
    """One run in an opened directory."""

    def __init__(
        self,
        run: RunDirectory,
        recipe: Recipe,
        registry: Registry,
        plan: tuple[Step, ...],
        log: logging.Logger,
        reporter: Reporter,
    ) -> None:
        self.run_directory, self.recipe, self.registry = run, recipe, registry
        self.plan, self.log, self.reporter = plan, log, reporter

    def run(self, forced: Collection[str]) -> RunReport:
        reports = []
        for number, step in enumerate(self.plan, 1):
            label = f"[{number}/{len(self.plan)}] {step.name}"
            finished = self.run_directory.is_finished(step) and step.name not in forced
            if finished:
                self._tell(f"{label}: finished before, skipped")
                seconds = 0.0
            else:
                seconds = self._do(step, label, step.name in forced)
                self._tell(f"{label}: done in {_duration(seconds)}")
            reports.append(
                StageReport(
                    name=step.name,
                    outcome="skipped" if finished else "done",
                    seconds=round(seconds, 3),
                    outputs={name: str(path) for name, path in self._outputs(step).items()},
                )
            )
        return RunReport(directory=str(self.run_directory.path), stages=tuple(reports))

    def _do(self, step: Step, label: str, forced: bool) -> float:
        run = self.run_directory
        resuming = run.can_resume(step) and not forced
        if not resuming:
            previous = run.set_aside(step.name)
            if previous is not None:
                self._tell(f"{label}: is redone; what it wrote before is kept in {previous}")
        self._tell(f"{label}: {'continues' if resuming else 'starts'}")
        run.set_stage_state(step, "running")
        metrics = MetricsLog(run.path / "metrics.jsonl", run.path / "events" / step.name, step.name)
        if not resuming:
            metrics.rewind(None)
        context = self._context(step, metrics, resuming)
        started = time.monotonic()
        try:
            seed_everything(context.seed)
            step.stage.run(context)
            context.check_outputs()
        except BaseException as error:
            self._failed(step, error)
        finally:
            metrics.close()
        seconds = time.monotonic() - started
        listings = {name: listing_of(path) for name, path in context.outputs.items()}
        places = dict(step.outputs)
        run.set_stage_state(
            step, "done", seconds=round(seconds, 3), outputs=listings, places=places
        )
        return seconds

    def _failed(self, step: Step, error: BaseException) -> None:
        """Note a failure and raise it: users' errors as they are, others with a pointer."""
        status = "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
        text = " ".join(str(error).split()) or type(error).__name__
        self.log.error("stage %s %s: %s", step.name, status, text, exc_info=error)
        self.run_directory.set_stage_state(step, status, message=text)
        if isinstance(error, StyletalkerError) or not isinstance(error, Exception):
            raise error
        log = self.run_directory.path / "log.txt"
        raise RunError(
            f"stage {step.name!r} failed: {type(error).__name__}: {text}. "
            f"The traceback is in {log}; after mending it, go on with --resume."
        ) from error

    def _context(self, step: Step, metrics: MetricsLog, resuming: bool) -> StageContext:
        sources = {other.name: self._outputs(other) for other in self.plan}
        return StageContext(
            name=step.name,
            directory=self.run_directory.stage_directory(step.name),
            inputs={artifact: sources[name][artifact] for artifact, name in step.inputs.items()},
            outputs=self._outputs(step),
            seed=stage_seed(self.recipe.seed, step.name),
            resuming=resuming,
            components=Components(
                {r: c for r, c in self.recipe.components.items() if r in step.roles},
                self.registry,
            ),
            registry=self.registry,
            log=self.log,
            corpus_choice=self.recipe.corpus if step.stage.uses_corpus else None,
            metrics=metrics,
            reporter=self.reporter,
        )

    def _outputs(self, step: Step) -> dict[str, Path]:
        folder = self.run_directory.stage_directory(step.name)
        return {artifact: folder / relative for artifact, relative in step.outputs.items()}

    def _tell(self, text: str) -> None:
        self.log.info("%s", text)
        self.reporter.say(text)


def _forced(force: Collection[str], plan: tuple[Step, ...]) -> set[str]:
    names = [step.name for step in plan]
    if "all" in force:
        return set(names)
    for name in force:
        if name not in names:
            raise InputError(
                compose("--force: no such stage", given=name, name=name, choices=names)
            )
    return set(force)


def _write_provenance(run: RunDirectory, recipe: Recipe, registry: Registry) -> None:
    write_text(run.path / "recipe.yaml", dump_recipe(recipe, Structurer(registry)))
    path = run.path / "environment.json"
    starts: list[Any] = read_json(path) if path.exists() else []
    write_json(path, [*starts, {"started": now(), **describe_environment(registry)}])


def _open_log(path: Path) -> tuple[logging.Logger, logging.Handler]:
    """A logger of this run alone; Python's global loggers are left as they are."""
    log = logging.Logger("styletalker.run", logging.INFO)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.info("started: %s", shlex.join(sys.argv))
    return log, handler


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
