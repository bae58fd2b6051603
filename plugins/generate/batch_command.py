"""``toolkit generate --manifest``: many videos."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import attrs
import typer
from styletalker.core.errors import RunError, compose
from styletalker.core.registry import Registry

__all__ = ["BatchOptions", "run_batch"]


@attrs.frozen(kw_only=True)
class BatchOptions:
    """What the command line says for all jobs, besides the options of a video."""

    model: str
    overwrite: bool
    device: str
    threads: int | None
    face_analyser: str | None
    workers: int
    engine: str
    address: str | None
    quiet: bool


def run_batch(
    manifest: str,
    output: str,
    options: Mapping[str, Any],
    how: BatchOptions,
    registry: Registry,
) -> None:
    """Make the videos of a manifest; print the path of the table.

    Raises:
        InputError, CheckpointError, PluginError: the manifest, the talker or the engine cannot be
            used.
        RunError: a job failed.
    """
    from styletalker.core.engine import Place, inline_engine, open_engine
    from styletalker.core.pretrained import load_talker_components
    from styletalker.core.run.environment import version_of
    from styletalker.core.run.progress import Reporter
    from styletalker.plugins.generate.batch import TABLE, Fate, Maker, make_all
    from styletalker.plugins.generate.manifest import read_jobs

    engine = open_engine(how.engine, workers=how.workers, address=how.address)
    if how.engine == "local" and how.workers == 1:
        engine = inline_engine()  # with all cores for the one video
    jobs = read_jobs(manifest, options)
    talker = load_talker_components(how.model, registry)
    maker = Maker(
        model=how.model,
        identity={"weights": talker.digests, "version": version_of("styletalker")},
        place=Place.at(output),
        overwrite=how.overwrite,
        device=how.device,
        threads=how.threads,
        face_analyser=how.face_analyser,
    )
    reporter = Reporter()

    def tell(fate: Fate) -> None:
        task.advance()
        if fate.reason:
            reporter.say(f"row {fate.row}: {fate.reason}")
        elif fate.notes and not how.quiet:
            reporter.say(f"note: row {fate.row}: {fate.notes}")

    with reporter.live(), reporter.task("videos", len(jobs)) as task:
        fates = make_all(jobs, maker, engine, tell)
    counts = {kind: sum(one.fate == kind for one in fates) for kind in ("made", "kept", "failed")}
    table = maker.place.describe(TABLE)
    words = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    typer.echo(table if how.quiet else f"{table}: {words}")
    if counts["failed"]:
        sys.stdout.flush()
        problem = f"{counts['failed']} of {len(fates)} videos could not be made"
        raise RunError(compose(problem, fix=f"{table} says why."))
