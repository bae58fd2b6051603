"""``toolkit study``: ask people which videos are better, and analyse what they say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from styletalker.core.cli.output import console, print_json
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.command import Command

if TYPE_CHECKING:
    from styletalker.evaluation.study.plan import Kind

__all__ = ["StudyCommand"]

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_Folder = Annotated[Path, typer.Argument(help="Folder of the study.")]


class StudyCommand(Command):
    """``toolkit study create | serve | analyse``."""

    def app(self) -> typer.Typer:
        """The three subcommands."""
        app = typer.Typer(
            help="Ask people which videos are better: make the pages, show them, analyse.",
            no_args_is_help=True,
        )
        app.command(no_args_is_help=True)(create)
        app.command(no_args_is_help=True)(serve)
        app.command("analyse", no_args_is_help=True)(analyse_study)
        return app


def create(
    generated: Annotated[
        list[str], typer.Option(help="A folder of videos, or NAME=FOLDER; once for each method.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the study.")],
    kind: Annotated[
        str, typer.Option(help="pairwise (which of two) or opinion (1 to 5).")
    ] = "pairwise",
    question: Annotated[
        list[str] | None, typer.Option(help="Asked about every video (repeatable).")
    ] = None,
    per_person: Annotated[
        int, typer.Option(min=1, help="Videos or pairs that one person sees.")
    ] = 20,
    checks: Annotated[int, typer.Option(min=0, help="Attention checks for each person.")] = 3,
    title: Annotated[str, typer.Option(help="On top of the pages.")] = "Talking videos",
    seed: Annotated[int, typer.Option(help="Of the random order.")] = 0,
) -> None:
    """Make a study from folders of videos, one folder for each method.

    Clips are paired by file name; only those that every folder has are used. People never see
    whose video they watch: files get random names.
    """
    from styletalker.core.run.progress import Reporter
    from styletalker.evaluation.commands.evaluate import named_folders
    from styletalker.evaluation.study.create import create_study
    from styletalker.evaluation.study.plan import QUESTIONS

    if kind not in QUESTIONS:
        problem = "--kind: no such kind of study"
        raise InputError(compose(problem, given=kind, name=kind, choices=QUESTIONS))
    chosen: Kind = "pairwise" if kind == "pairwise" else "opinion"
    folders = named_folders(generated)
    reporter = Reporter()
    total = sum(len(list(p.iterdir())) if p.is_dir() else 0 for p in folders.values())
    with reporter.live(), reporter.task("videos", total) as task:
        made = create_study(
            output,
            folders,
            kind=chosen,
            title=title,
            questions=question or QUESTIONS[chosen],
            per_person=per_person,
            checks=checks,
            seed=seed,
            progress=task.advance,
        )
    for text in made.left_out:
        typer.echo(f"toolkit: left out: {text}", err=True)
    typer.echo(output / "study.json")


def serve(
    study: _Folder,
    host: Annotated[
        str, typer.Option(help="Address to listen at; only this computer by default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 8765,
) -> None:
    """Show the pages until Ctrl-C. Answers are on the disk before the next page is shown."""
    from styletalker.evaluation.study.server import serve_study

    if host not in _LOOPBACK:
        text = "everybody who reaches this computer can take part, without encryption"
        typer.echo(f"toolkit: --host {host}: {text}", err=True)
    serve_study(study, host, port, typer.echo)


def analyse_study(
    study: _Folder,
    least_passed: Annotated[
        float,
        typer.Option(min=0, max=1, help="Who passed less of the attention checks is left out."),
    ] = 0.75,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Scores with 95 % intervals, and tests between all methods.

    Also written to analysis.json and analysis.md in the study's folder. Can be called while the
    study is running.
    """
    import attrs
    from styletalker.core.files import write_json, write_text
    from styletalker.evaluation.study.analyse import analyse
    from styletalker.evaluation.study.database import Answers
    from styletalker.evaluation.study.plan import load_study
    from styletalker.evaluation.study.tables import as_markdown, as_tables

    found = analyse(load_study(study), Answers(study).all(), least_passed=least_passed)
    plain = attrs.asdict(found)
    write_json(study / "analysis.json", plain)
    write_text(study / "analysis.md", as_markdown(found))
    if json:
        print_json(plain)
        return
    for table in as_tables(found):
        console().print(table)
    typer.echo(f"{found.people} people, {found.left_out} left out by the attention checks")
    for note in found.notes:
        typer.echo(f"toolkit: {note}", err=True)
