"""Checks of commands."""

from __future__ import annotations

import typer
from styletalker.core.contract.case import Case
from typer.testing import CliRunner


def check_has_help(case: Case) -> None:
    """``app()`` gives a typer application whose ``--help`` explains it."""
    app = case.build().app()
    assert isinstance(app, typer.Typer), "app() must return a typer.Typer"
    answer = CliRunner().invoke(app, ["--help"])
    assert answer.exit_code == 0, answer.output
    assert len(answer.output.split()) > 10, "the help says nothing; write a docstring"
