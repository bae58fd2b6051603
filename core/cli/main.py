"""Entry point of ``toolkit``: builds the command line, and turns errors into one message.

Exit status: 0 success; 1 an error of styletalker itself; 2 a wrong option, value or file;
3 a faulty recipe; 4 a plug-in that is unknown, broken or ambiguous; 5 a run that cannot be done;
6 weights; 7 media files; 8 a training that failed; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from styletalker.core.cli import check, doctor, listing, new, run, schema, show, weights
from styletalker.core.discovery import Offer
from styletalker.core.errors import StyletalkerError
from styletalker.core.registry import Registry

__all__ = ["build_app", "main"]

_DEBUG = "--debug"
_BUILT_IN: dict[str, Callable[..., None]] = {
    "run": run.run,
    "check": check.check,
    "list": listing.list_components,
    "show": show.show,
    "schema": schema.schema,
    "new": new.new,
    "doctor": doctor.doctor,
}
_GROUPS: dict[str, typer.Typer] = {"weights": weights.weights_app}
_EPILOG = (
    "Exit status: 0 success, 1 internal error, 2 wrong option, value or file, 3 faulty recipe, "
    "4 plug-in, 5 run, 6 weights, 7 media, 8 training, 130 stopped."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = _DEBUG in given
    given = [argument for argument in given if argument != _DEBUG]
    try:
        app = build_app(Registry.installed(), given)
        app(given, prog_name="toolkit")
    except StyletalkerError as error:
        _report(str(error), debug)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _report("stopped", debug)
        sys.exit(130)
    except Exception as error:
        text = " ".join(str(error).split())
        hint = "" if debug else ". Run it again with --debug to see where."
        _report(f"internal error: {type(error).__name__}: {text}{hint}", debug)
        sys.exit(1)


def build_app(registry: Registry, arguments: Sequence[str]) -> typer.Typer:
    """The command line over the commands of *registry*.

    Of the plug-ins' commands only the one that *arguments* call is imported.
    """
    app = typer.Typer(
        help="styletalker: talking heads from a portrait and speech, as a toolkit of plug-ins.",
        epilog=_EPILOG,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "obj": registry},
    )
    app.callback()(_options)
    for name, function in _BUILT_IN.items():
        app.command(name)(function)
    for name, group in _GROUPS.items():
        app.add_typer(group, name=name)
    called = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name in registry.names("command"):
        if name in _BUILT_IN or name in _GROUPS:
            continue
        offer = registry.get("command", name)
        if name == called:
            _add_command(app, name, _load(registry, offer))
        else:
            app.command(name, help=offer.component.summary)(_unloaded)
    return app


def _options(
    debug: Annotated[bool, typer.Option(_DEBUG, help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=lambda v: _version(v))
    ] = False,
) -> None:
    pass


def _version(asked: bool) -> None:
    if asked:
        from styletalker.core.run.environment import version_of

        typer.echo(f"styletalker {version_of('styletalker')}")
        raise typer.Exit


def _unloaded() -> None:
    """Stands for a plug-in's command in the help of ``toolkit`` itself; never called."""


def _load(registry: Registry, offer: Offer) -> typer.Typer:
    command: Any = registry.load("command", offer.qualified)
    app: typer.Typer = command(offer.component.config()).app()
    return app


def _add_command(app: typer.Typer, name: str, sub_app: typer.Typer) -> None:
    """Add a plug-in's application: as one command if it is just one, else as a group."""
    commands = sub_app.registered_commands
    if len(commands) == 1 and not sub_app.registered_groups and not sub_app.registered_callback:
        commands[0].name = name
        app.registered_commands.append(commands[0])
    else:
        app.add_typer(sub_app, name=name)


def _report(text: str, debug: bool) -> None:
    """The error message on standard error; the traceback first if asked for."""
    if debug:
        traceback.print_exc()
    first, *others = text.splitlines() or [""]
    print(f"toolkit: {first}", *(f"         {line}" for line in others), sep="\n", file=sys.stderr)
