"""The command line: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import typer
from styletalker.core.cli.main import main
from styletalker.core.discovery import Discovery, Plugin, Refusal
from styletalker.core.errors import TrainingError
from styletalker.core.interfaces.command import Command
from styletalker.core.registry import Registry
from support.parts import FlowConfig, component, make_registry

Write = Callable[[str, str], Path]


@attrs.frozen
class Answer:
    code: int
    out: str
    err: str


class Toolkit:
    """Runs ``toolkit`` in this process over a registry of one's own."""

    def __init__(self, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.patch, self.capsys = patch, capsys
        self.use(make_registry())

    def use(self, registry: Registry) -> None:
        self.patch.setattr(Registry, "installed", classmethod(lambda cls: registry))

    def __call__(self, *arguments: str) -> Answer:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        captured = self.capsys.readouterr()
        code = caught.value.code
        assert isinstance(code, int)
        return Answer(code, captured.out, captured.err)


@pytest.fixture
def toolkit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], write: Write
) -> Toolkit:
    write("notes.yaml", "components: {prior: flow}\npipeline: [{type: write, text: a}, copy]\n")
    return Toolkit(monkeypatch, capsys)


def test_help_lists_every_command_and_the_exit_status(toolkit: Toolkit) -> None:
    answer = toolkit("--help")
    assert answer.code == 0
    for name in ("run", "check", "list", "show", "schema", "new", "doctor"):
        assert f" {name} " in answer.out
    assert "130 stopped" in " ".join(answer.out.split())


def test_version(toolkit: Toolkit) -> None:
    assert toolkit("--version").out == "styletalker 0.1.0\n"


def test_list(toolkit: Toolkit) -> None:
    answer = toolkit("list")
    lines = answer.out.splitlines()
    place = lines.index("prior: audio and portrait -> a distribution over motion latents")
    assert [line.split() for line in lines[place + 1 : place + 4]] == [
        ["name", "summary", "from"],
        ["flow", "the", "flow", "inline", "0"],
        ["gaussian", "the", "gaussian", "inline", "0"],
    ]
    assert (
        lines[lines.index("inverter: image -> style codes, and the generator to use with them") + 1]
        == "  none installed"
    )
    assert answer.err == ""


def test_list_one_role_as_json(toolkit: Toolkit) -> None:
    found = json.loads(toolkit("list", "prior", "--json").out)
    assert [(one["role"], one["name"]) for one in found] == [
        ("prior", "flow"),
        ("prior", "gaussian"),
    ]


def test_list_says_that_something_was_refused(toolkit: Toolkit) -> None:
    plugin = Plugin(name="p", module="m", distribution="d", version="1")
    toolkit.use(Registry(Discovery(refusals=(Refusal(plugin=plugin, reason="r"),))))
    assert toolkit("list").err == "1 refused; `toolkit doctor` says why.\n"


def test_show(toolkit: Toolkit) -> None:
    out = toolkit("show", "prior", "flow").out
    assert out.startswith("prior flow: the flow\n")
    assert "licence  Apache-2.0" in out
    row = next(line for line in out.splitlines() if line.startswith("  hidden"))
    assert row.split() == [
        *("hidden", "64", "whole", "number,", "1", "to", "4096", "Channels,", "1", "to", "4096.")
    ]
    options = {
        o["name"]: o for o in json.loads(toolkit("show", "prior", "flow", "--json").out)["options"]
    }
    assert options["hidden"]["range"] == "1 to 4096"
    every = {
        o["name"]: o
        for o in json.loads(toolkit("show", "generator", "every_kind", "--json").out)["options"]
    }
    assert every["count"]["required"]
    assert "(required)" in toolkit("show", "generator", "every_kind").out


def test_weights_that_a_component_brings_are_listed_and_shown(toolkit: Toolkit) -> None:
    brought = {"puppet": "p:weights/g.safetensors", "big": "p:weights/h.safetensors"}
    toolkit.use(make_registry(component("prior", "trained", FlowConfig, pretrained=brought)))
    assert "the trained (weights: big, puppet)" in toolkit("list", "prior").out
    found = {one["name"]: one for one in json.loads(toolkit("list", "prior", "--json").out)}
    assert found["trained"]["pretrained"] == ["big", "puppet"]
    assert found["flow"]["pretrained"] == []
    lines = [line.split() for line in toolkit("show", "prior", "trained").out.splitlines()]
    assert ["weights", "builtin:big,", "builtin:puppet"] in lines
    assert json.loads(toolkit("show", "prior", "trained", "--json").out)["pretrained"] == brought
    assert "weights" not in toolkit("show", "prior", "flow").out


def test_check(toolkit: Toolkit) -> None:
    assert toolkit("check", "notes.yaml") == Answer(0, "notes.yaml: valid (write -> copy)\n", "")
    note = "components.prior.layers was inherited and dropped: gaussian has no such option"
    overrides = ["components.prior={type: flow, layers: 2}", "components.prior.type=gaussian"]
    assert toolkit("check", "notes.yaml", *overrides).err == f"note: {note}\n"
    assert json.loads(toolkit("check", "notes.yaml", "--json").out)["valid"] is True


def test_check_reports_every_fault(toolkit: Toolkit) -> None:
    faulty = ["check", "notes.yaml", "seed=a", "pipeline.copy.tex=1"]
    answer = toolkit(*faulty)
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.splitlines() == [
        "toolkit: override 'pipeline.copy.tex=1': pipeline.1.tex: unknown key; "
        "did you mean 'text'?",
        "         override 'seed=a': seed: wrong type; expected a whole number, got 'a'",
    ]
    answer = toolkit(*faulty, "--json")
    assert answer.code == 3
    assert len(json.loads(answer.out)["faults"]) == 2


def test_run_prints_paths_on_stdout_and_words_on_stderr(toolkit: Toolkit) -> None:
    answer = toolkit("run", "notes.yaml")
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "runs/notes/stages/write/note.txt",
        "runs/notes/stages/copy/copy/note.txt",
    ]
    assert "[2/2] copy: done in" in answer.err
    report = json.loads(toolkit("run", "notes.yaml", "--json").out)
    assert [stage["outcome"] for stage in report["stages"]] == ["skipped", "skipped"]


def test_dry_run_does_nothing(toolkit: Toolkit) -> None:
    answer = toolkit("run", "notes.yaml", "--dry-run", "seed=5")
    assert "seed: 5" in answer.out
    assert "# override 'seed=5'" in answer.out
    assert answer.out.splitlines()[-1].split() == ["copy", "run", "note", "of", "write", "copy"]
    assert not Path("runs").exists()
    toolkit("run", "notes.yaml")
    plan = json.loads(
        toolkit("run", "notes.yaml", "pipeline.copy.text=b", "--dry-run", "--json").out
    )["plan"]
    assert [step["do"] for step in plan] == ["skip (finished)", "run"]
    assert plan[1]["reads"] == {"note": "write"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["list", "piror"], 4, "no such role: 'piror'; did you mean 'prior'?"),
        (["show", "prior", "flwo"], 4, "no such prior: 'flwo'; did you mean 'flow'?"),
        (
            ["run", "notes.yaml", "--force", "cpy"],
            2,
            "--force: no such stage: 'cpy'; did you mean 'copy'?",
        ),
        (
            ["run", "notes.yaml", "--run-dir", "notes.yaml"],
            5,
            "notes.yaml: is a file; a run needs a directory of its own",
        ),
        (
            ["new", "A"],
            2,
            "not a package name; expected lower-case words joined by '-', "
            "such as styletalker-ripple, got 'A'",
        ),
        (["schema", "-o", "notes.yaml/x"], 5, "notes.yaml/x: cannot be written: File exists"),
    ],
)
def test_a_mistake_is_one_line_on_stderr(
    toolkit: Toolkit, arguments: list[str], code: int, message: str
) -> None:
    assert toolkit(*arguments) == Answer(code, "", f"toolkit: {message}\n")


@pytest.mark.parametrize("arguments", [["frobnicate"], ["run"], ["run", "a", "--frob"]])
def test_wrong_usage(toolkit: Toolkit, arguments: list[str]) -> None:
    answer = toolkit(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage: toolkit" in answer.err


def test_the_traceback_is_shown_only_with_debug(toolkit: Toolkit) -> None:
    assert "Traceback" not in toolkit("show", "prior", "x").err
    answer = toolkit("show", "prior", "x", "--debug")
    assert "Traceback" in answer.err
    assert answer.code == 4


def test_an_error_of_our_own(toolkit: Toolkit, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(Registry, "get", broken)
    assert toolkit("show", "prior", "x") == Answer(
        1,
        "",
        "toolkit: internal error: ZeroDivisionError: oh. Run it again with --debug to see where.\n",
    )


def test_schema(toolkit: Toolkit) -> None:
    assert json.loads(toolkit("schema").out)["title"] == "styletalker recipe"
    assert toolkit("schema", "-o", "s.json").err == "wrote s.json\n"
    assert json.loads(Path("s.json").read_text())["properties"]["seed"]["maximum"] == 2**32 - 1


def test_doctor(toolkit: Toolkit) -> None:
    answer = toolkit("doctor")
    assert answer.code == 0
    assert answer.out.splitlines()[-1] == "Everything is in order."
    assert "python" in answer.out
    found = json.loads(toolkit("doctor", "--json").out)
    assert found["devices"][0] == "cpu"
    assert found["plugins"][0]["components"] == 8


def test_doctor_names_what_was_refused(toolkit: Toolkit) -> None:
    plugin = Plugin(name="waves", module="m", distribution="waves-dist", version="2")
    own = make_registry(
        component("prior", "flow", type(None), requires={}),
        component("prior", "w2v", type(None), requires={"no_such_module": "styletalker[audio]"}),
    )
    toolkit.use(
        Registry(
            attrs.evolve(
                own.discovery,
                refusals=(Refusal(plugin=plugin, reason="ImportError: x"),),
                skipped=(plugin,),
            )
        )
    )
    answer = toolkit("doctor")
    assert answer.code == 4
    lines = [line.strip() for line in answer.out.splitlines()]
    assert "plug-in 'waves' (waves-dist 2) was refused: ImportError: x" in lines
    assert (
        "prior 'flow' is claimed by plug-in 'inline' (inline 0) and plug-in 'inline' (inline 0)"
        in lines
    )
    assert any(
        line.split() == ["prior", "w2v", "pip", "install", "'styletalker[audio]'"] for line in lines
    )
    assert "Left out by the environment variable STYLETALKER_PLUGINS" in lines
    assert lines[-1] == "Something was refused, see above."


@attrs.frozen(kw_only=True)
class SpeakConfig:
    """Options of the commands below."""


class Speak(Command):
    """One command."""

    def app(self) -> typer.Typer:
        app = typer.Typer()

        @app.command()
        def speak(word: str) -> None:
            """Say a word."""
            typer.echo(word)

        return app


class Voices(Command):
    """A group of commands."""

    def app(self) -> typer.Typer:
        app = typer.Typer(help="Voices.")
        app.command("list")(lambda: typer.echo("one"))

        @app.command("train")
        def train() -> None:
            raise TrainingError("the loss is not finite")

        return app


def test_commands_of_plugins(toolkit: Toolkit) -> None:
    here = "test_commands"
    sys.modules[here] = sys.modules[__name__]
    toolkit.use(
        make_registry(
            component("command", "speak", SpeakConfig, f"{here}:Speak"),
            component("command", "voices", SpeakConfig, f"{here}:Voices"),
            component("command", "absent", SpeakConfig, "no.such.module:X"),
        )
    )
    text = toolkit("--help").out
    assert "the speak" in text
    assert "the absent" in text
    assert toolkit("speak", "hello") == Answer(0, "hello\n", "")
    assert toolkit("voices", "list").out == "one\n"
    assert toolkit("voices", "train") == Answer(8, "", "toolkit: the loss is not finite\n")
    answer = toolkit("absent")
    assert answer.code == 4
    assert "cannot be imported from no.such.module:X" in answer.err


def test_ctrl_c_exits_with_130(toolkit: Toolkit) -> None:
    answer = toolkit("run", "notes.yaml", "pipeline.write.fail=interrupt")
    assert answer.code == 130
    assert answer.err.splitlines()[-1] == "stopped; go on with --resume"


def test_the_installed_command_and_the_module() -> None:
    for command in (["toolkit"], [sys.executable, "-m", "styletalker"]):
        program = [str(Path(sys.executable).parent / command[0])] if len(command) == 1 else command
        answer = subprocess.run(
            [*program, "show", "stage", "model_sumary"], capture_output=True, text=True, check=False
        )
        assert answer.returncode == 4
        assert (
            answer.stderr
            == "toolkit: no such stage: 'model_sumary'; did you mean 'model_summary'?\n"
        )


@pytest.mark.parametrize(
    "command", ["list", "show stage model_summary", "--help", "schema", "new --help"]
)
def test_light_commands_import_no_torch(command: str) -> None:
    code = (
        "import sys\nfrom styletalker.core.cli.main import main\n"
        f"try: main({command.split()!r})\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'cattrs', 'ruamel.yaml'} & set(sys.modules)\n"
        "print('HEAVY', *sorted(heavy))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = answer.stdout.splitlines()[-1].split()[1:]
    assert "torch" not in heavy
    if command != "schema":
        assert heavy == []
