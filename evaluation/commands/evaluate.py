"""``toolkit evaluate``: anyone's videos, measured by the same harness as a run's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from styletalker.core.cli.output import print_json
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.command import Command

if TYPE_CHECKING:
    from styletalker.evaluation.harness.method import Method

__all__ = ["EvaluateCommand", "named_folders"]

_STORE = ".measurements"


class EvaluateCommand(Command):
    """``toolkit evaluate --generated DIR --reference DIR -o report/``."""

    def app(self) -> typer.Typer:
        """One command."""
        app = typer.Typer(no_args_is_help=True)
        app.command(no_args_is_help=True)(evaluate)
        return app


def evaluate(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the report.")],
    generated: Annotated[
        list[str] | None,
        typer.Option(help="A folder of videos, or NAME=FOLDER; once for each method."),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Folder of the ground truth, with the same file names.")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="Instead of folders: a CSV or JSON file with the pairs.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="A metric of `toolkit list metric` (repeatable); default: a good list."),
    ] = None,
    sync_scorer: Annotated[
        str | None,
        typer.Option(help="A sync discriminator's .safetensors or builtin:NAME, to score sync."),
    ] = None,
    controls: Annotated[
        bool, typer.Option(help="Also score the ground truth, and shuffled sound.")
    ] = True,
    tolerance: Annotated[
        int, typer.Option(min=0, help="Frames by which a video may differ from its ground truth.")
    ] = 0,
    shown: Annotated[int, typer.Option(min=0, help="Clips to show on the page.")] = 3,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 for one per core.")] = 0,
    engine: Annotated[str, typer.Option(help="local, or ray for a cluster.")] = "local",
    address: Annotated[
        str | None, typer.Option(help="Of a Ray cluster: HOST:PORT, or auto.")
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the page.")] = "Evaluation",
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Measure videos against their ground truth and write a report.

    Videos are paired by file name. Everything that cannot be measured is listed with the reason.
    Can be killed at any time and called again: what was measured is kept.
    """
    from styletalker.core.engine import open_engine
    from styletalker.core.run.progress import Reporter
    from styletalker.evaluation.harness.default import choose_metrics
    from styletalker.evaluation.harness.method import leaking, shuffled, truth_of
    from styletalker.evaluation.harness.sync_metrics import load_scorer, sync_tools
    from styletalker.evaluation.harness.tool import tools_of
    from styletalker.evaluation.report.write import write_report

    registry = context.obj
    chosen = open_engine(engine, workers=workers or None, address=address)
    methods = _methods(generated or [], reference, manifest)
    tools = tools_of(choose_metrics(metric or (), registry), registry)
    if sync_scorer is not None:
        tools += sync_tools(load_scorer(sync_scorer, registry))
    if controls:
        floors = [shuffled(method) for method in methods]
        truth = truth_of(methods)
        leaks = [leak for method in methods if (leak := leaking(method))]
        methods = [*([truth] if truth.samples else []), *methods, *floors, *leaks]
    reporter = Reporter()
    total = sum(len(method.samples) for method in methods)
    with reporter.live(), reporter.task("clips", total) as task:
        summary = write_report(
            output,
            methods,
            tools,
            store=output / _STORE,
            title=title,
            shown=shown,
            workers=workers or None,
            engine=None if engine == "local" else chosen,
            tolerance_frames=tolerance,
            progress=task.advance,
        )
    for tool in tools:
        if tool.unavailable:
            text = f"{tool.metric.title} is not computed: {tool.unavailable}"
            typer.echo(f"toolkit: {text}", err=True)
    if json:
        print_json(summary)
    else:
        typer.echo(output / "index.html")


def _methods(generated: list[str], reference: Path | None, manifest: Path | None) -> list[Method]:
    from styletalker.evaluation.harness.folders import from_folders, from_manifest

    if manifest is not None:
        if generated or reference is not None:
            raise InputError("--manifest already says which videos: leave out the folders")
        return from_manifest(manifest)
    if not generated:
        raise InputError(compose("nothing to evaluate", fix="Give --generated or --manifest."))
    return from_folders(named_folders(generated), reference)


def named_folders(generated: list[str]) -> dict[str, Path]:
    """What ``--generated`` says: name -> folder, the folder's own name by default.

    Raises:
        InputError: two have one name.
    """
    folders: dict[str, Path] = {}
    for text in generated:
        name, _, folder = text.partition("=") if not Path(text).exists() else ("", "", text)
        path = Path(folder or text)
        label = name if folder and name else path.resolve().name
        if label in folders:
            problem = "--generated: two methods have one name"
            raise InputError(compose(problem, given=label, fix="Name them: NAME=FOLDER."))
        folders[label] = path
    return folders
