"""``toolkit compare``: reports of several runs in one table, tested against the first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from styletalker.core.cli.output import console, print_json
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.command import Command

__all__ = ["CompareCommand"]


class CompareCommand(Command):
    """``toolkit compare RUN1 RUN2 ...``."""

    def app(self) -> typer.Typer:
        """One command."""
        app = typer.Typer(no_args_is_help=True)
        app.command(no_args_is_help=True)(compare)
        return app


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Directories of runs, or of reports; two or more.")
    ],
    metric: Annotated[list[str] | None, typer.Option(help="Only this metric (repeatable).")] = None,
    group: Annotated[
        bool, typer.Option("--group", help="Runs of one recipe are seeds: show mean and spread.")
    ] = False,
    markdown: Annotated[
        Path | None, typer.Option(help="Also write the table to this Markdown file.")
    ] = None,
    latex: Annotated[
        Path | None, typer.Option(help="Also write the table to this LaTeX file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the reports of runs with the first one's, clip by clip.

    The best value is bold and has a star. "better", "worse" and "undecided" come from a Wilcoxon
    signed-rank test over the clips that both runs have, with Holm's correction for all
    comparisons shown, and the bootstrap interval of the mean difference.
    """
    from styletalker.core.files import write_text
    from styletalker.evaluation.compare.contrast import compare as contrast
    from styletalker.evaluation.compare.load import load_report
    from styletalker.evaluation.compare.tables import as_latex, as_markdown, as_plain, as_table

    if len(runs) < 2:
        raise InputError(compose("one run compares with nothing", expected="two or more runs"))
    twice = next((run for run in runs if runs.count(run) > 1), None)
    if twice is not None:
        raise InputError(compose("a run is given twice", given=str(twice)))
    found = contrast([load_report(run) for run in runs], metrics=metric or (), group=group)
    if markdown is not None:
        write_text(markdown, as_markdown(found))
    if latex is not None:
        write_text(latex, as_latex(found))
    if json:
        print_json(as_plain(found))
        return
    console().print(as_table(found))
    for note in found.notes:
        typer.echo(f"toolkit: {note}", err=True)
