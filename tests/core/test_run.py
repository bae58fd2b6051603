"""Runs: order, fingerprints, skipping, resuming, failing, and what is written down."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from styletalker.core.errors import ConfigError, InputError, RunError
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry
from styletalker.core.run.artifacts import is_run, latest_artifact
from styletalker.core.run.directory import RunDirectory
from styletalker.core.run.metrics import MetricsLog, read_metrics
from styletalker.core.run.plan import make_plan
from styletalker.core.run.progress import Reporter
from styletalker.core.run.runner import RunReport, run_recipe
from styletalker.core.run.seeding import stage_seed

Write = Callable[[str, str], Path]

RECIPE = """\
components: {prior: flow}
pipeline:
  - type: write
    text: hello
  - copy
"""


@pytest.fixture
def recipe(write: Write) -> Write:
    write("notes.yaml", RECIPE)
    return write


class Run:
    """Runs notes.yaml in ``run`` and keeps what was said."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.said = io.StringIO()

    def __call__(self, *overrides: str, recipe: str = "notes.yaml", **options: Any) -> RunReport:
        self.said = io.StringIO()
        reporter = Reporter(Console(file=self.said, width=200, highlight=False))
        found = read_recipe(recipe, self.registry, overrides)
        return run_recipe(found, self.registry, Path("run"), reporter=reporter, **options)

    def outcomes(self, *overrides: str, **options: Any) -> dict[str, str]:
        return {stage.name: stage.outcome for stage in self(*overrides, **options).stages}


@pytest.fixture
def run(recipe: Write, registry: Registry) -> Run:
    return Run(registry)


def note() -> str:
    return Path("run/stages/copy/copy/note.txt").read_text()


def test_stages_run_in_order_and_everything_is_written_down(run: Run) -> None:
    report = run()
    seed = stage_seed(0, "write")
    assert note() == f"note: hello {seed}"
    assert report.stages[1].outputs == {"copy": "run/stages/copy/copy/note.txt"}
    assert json.loads(Path("run/run.json").read_text())["status"] == "done"
    state = json.loads(Path("run/stages/write/stage.json").read_text())
    assert (state["status"], state["type"], set(state["outputs"])) == ("done", "write", {"note"})
    assert "text: hello" in Path("run/recipe.yaml").read_text()
    environment = json.loads(Path("run/environment.json").read_text())
    assert environment[0]["packages"]["torch"]
    assert environment[0]["hardware"]["cores"] >= 1
    assert "[1/2] write: starts" in Path("run/log.txt").read_text()
    assert read_metrics(Path("run/metrics.jsonl")) == [
        {"stage": "write", "step": 0, "attempt": 1.0, "nothing": "nan"}
    ]
    assert list(Path("run/events/write").iterdir())
    assert run.said.getvalue().splitlines()[0] == "[1/2] write: starts"


def test_artifacts_are_found_from_outside(run: Run) -> None:
    run()
    assert is_run(Path("run"))
    assert not is_run(Path("run/stages"))
    assert latest_artifact(Path("run"), "copy") == Path("run/stages/copy/copy/note.txt")
    with pytest.raises(RunError):
        run("pipeline.copy.fail=bug", "pipeline.write.fail=bug")
    with pytest.raises(RunError) as caught:
        latest_artifact(Path("run"), "note")
    assert str(caught.value) == (
        "run: no finished stage wrote an artifact 'note'; the stages are write (failed), "
        "copy (done)"
    )


def test_a_finished_stage_is_skipped(run: Run) -> None:
    run()
    assert run.outcomes() == {"write": "skipped", "copy": "skipped"}
    assert "[2/2] copy: finished before, skipped" in run.said.getvalue()


@pytest.mark.parametrize(
    ("overrides", "outcomes"),
    [
        (["pipeline.copy.text=x"], {"write": "skipped", "copy": "done"}),
        (["pipeline.write.text=x"], {"write": "done", "copy": "done"}),
        (["seed=1"], {"write": "done", "copy": "done"}),
        (["components.prior.hidden=8"], {"write": "skipped", "copy": "skipped"}),
    ],
)
def test_a_stage_is_redone_when_what_it_depends_on_changes(
    run: Run, overrides: list[str], outcomes: dict[str, str]
) -> None:
    run()
    assert run.outcomes(*overrides) == outcomes
    if outcomes["write"] == "done":
        kept = Path("run/stages/write.previous")
        assert f"what it wrote before is kept in {kept}" in run.said.getvalue()
        assert (kept / "note.txt").read_text() == f"hello {stage_seed(0, 'write')}"


def test_operational_options_redo_nothing_nested_ones_too(run: Run, write: Write) -> None:
    write("paced.yaml", "pipeline:\n  - {type: paced, pace: {rate: 1}}\n")

    def outcome(*overrides: str) -> str:
        return run(*overrides, recipe="paced.yaml").stages[0].outcome

    assert outcome() == "done"
    assert outcome("pipeline.paced.pace.threads=3") == "skipped"
    assert outcome("pipeline.paced.pace.rate=3") == "done"


def test_a_missing_or_cut_output_is_noticed(run: Run) -> None:
    run()
    Path("run/stages/write/note.txt").unlink()
    assert run.outcomes() == {"write": "done", "copy": "skipped"}
    Path("run/stages/copy/copy/note.txt").write_text("")
    assert run.outcomes() == {"write": "skipped", "copy": "done"}


def test_force(run: Run) -> None:
    run()
    assert run.outcomes(force=["copy"]) == {"write": "skipped", "copy": "done"}
    assert run.outcomes(force=["all"]) == {"write": "done", "copy": "done"}
    with pytest.raises(InputError) as caught:
        run(force=["cpy"])
    assert str(caught.value) == "--force: no such stage: 'cpy'; did you mean 'copy'?"


def test_a_bug_in_a_stage_is_reported_and_the_run_can_go_on(run: Run) -> None:
    with pytest.raises(RunError) as caught:
        run("pipeline.write.fail=bug")
    assert str(caught.value) == (
        "stage 'write' failed: ZeroDivisionError: a bug. The traceback is in run/log.txt; after "
        "mending it, go on with --resume."
    )
    log = Path("run/log.txt").read_text()
    assert 'raise ZeroDivisionError("a bug")' in log
    assert json.loads(Path("run/run.json").read_text())["status"] == "failed"
    with pytest.raises(RunError) as caught:
        run()
    assert str(caught.value) == (
        "run: holds an unfinished run of this recipe (failed). Go on with --resume, or choose "
        "another with --run-dir."
    )
    assert run.outcomes(resume=True) == {"write": "done", "copy": "done"}


def test_a_missing_output_is_a_failure(run: Run) -> None:
    with pytest.raises(RunError) as caught:
        run("pipeline.write.fail=no-output")
    assert str(caught.value) == (
        "stage 'write' declares the output 'note' and did not write run/stages/write/note.txt"
    )


def test_ctrl_c(run: Run) -> None:
    with pytest.raises(KeyboardInterrupt):
        run("pipeline.write.fail=interrupt")
    assert json.loads(Path("run/run.json").read_text())["status"] == "stopped"
    assert json.loads(Path("run/stages/write/stage.json").read_text())["status"] == "stopped"


def test_a_killed_run_goes_on_where_it_was(run: Run) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from support.parts import make_registry\n"
        "from styletalker.core.recipe.read import read_recipe\n"
        "from styletalker.core.run.runner import run_recipe\n"
        "registry = make_registry()\n"
        "run_recipe(read_recipe('notes.yaml', registry), registry, Path('run'))\n"
    )
    tests = str(Path(__file__).parent.parent)
    Path("notes.yaml").write_text(RECIPE.replace("text: hello", "fail: kill"))
    killed = subprocess.run([sys.executable, "-c", script, tests], check=False)
    assert killed.returncode == -9
    assert json.loads(Path("run/stages/write/stage.json").read_text())["status"] == "running"
    with pytest.raises(RunError, match=r"holds an unfinished run of this recipe \(running\)"):
        run()
    with pytest.MonkeyPatch.context() as patch:  # the same options, and now nobody is killed
        patch.setattr(os, "kill", lambda *_: None)
        assert run.outcomes(resume=True) == {"write": "done", "copy": "done"}
    assert "[1/2] write: continues" in run.said.getvalue()
    assert Path("run/stages/write/attempt.txt").read_text() == "resuming True"


def test_a_kill_in_the_very_first_write_does_no_harm(run: Run) -> None:
    Path("run").mkdir()
    torn = Path("run/.run.0123456789ab.json")
    torn.write_text('{"form')
    assert run.outcomes() == {"write": "done", "copy": "done"}
    assert not torn.exists()


def test_a_changed_stage_does_not_continue_an_attempt_at_the_old_one(run: Run) -> None:
    with pytest.raises(RunError):
        run("pipeline.write.fail=bug")
    run(resume=True)
    assert Path("run/stages/write/attempt.txt").read_text() == "resuming False"


def test_the_directory_of_another_recipe(run: Run, recipe: Write) -> None:
    run()
    recipe("other.yaml", RECIPE)
    with pytest.raises(RunError) as caught:
        run(recipe="other.yaml")
    assert str(caught.value) == (
        "run: belongs to a run of the recipe 'notes', not 'other'. Choose another with --run-dir."
    )


def test_directories_that_cannot_be_used(run: Run, recipe: Write) -> None:
    recipe("run/something.txt", "")
    with pytest.raises(RunError) as caught:
        run()
    assert str(caught.value) == (
        "run: is not empty and not a run directory (it has no run.json). "
        "Choose another with --run-dir."
    )
    recipe("file", "")
    with pytest.raises(RunError, match="file: is a file; a run needs a directory of its own"):
        RunDirectory.open(Path("file"), "notes")
    with pytest.raises(RunError) as caught:
        RunDirectory.open(Path("file/below"), "notes")
    assert str(caught.value) == "file/below: cannot be used as run directory: Not a directory"


def test_a_directory_of_another_version(run: Run) -> None:
    run()
    state = json.loads(Path("run/run.json").read_text())
    Path("run/run.json").write_text(json.dumps({**state, "format": 99}))
    with pytest.raises(RunError, match=r"another version of styletalker \(format 99, this one"):
        run()


def test_a_directory_in_use(run: Run) -> None:
    run()
    with RunDirectory.open(Path("run"), "notes"):
        with pytest.raises(RunError) as caught:
            run()
        assert str(caught.value) == f"run: is in use by process {os.getpid()}"
    run()


def test_nothing_to_run(recipe: Write, run: Run) -> None:
    recipe("empty.yaml", "seed: 1\n")
    with pytest.raises(RunError) as caught:
        run(recipe="empty.yaml")
    assert str(caught.value) == "the recipe 'empty' has no pipeline: there is nothing to run"


def test_the_plan_says_what_is_lacking(recipe: Write, registry: Registry) -> None:
    recipe(
        "lacking.yaml",
        "components: {prior: flow}\npipeline:\n  - copy\n  - type: use_prior\n  - write\n"
        "  - {type: copy, name: again}\n",
    )
    with pytest.raises(ConfigError) as caught:
        make_plan(read_recipe("lacking.yaml", registry), registry)
    use = "lacking.yaml:4:11: pipeline.1: stage 'use_prior' needs a"
    assert str(caught.value).splitlines() == [
        "lacking.yaml:3:5: pipeline.0: stage 'copy' reads 'note', which no earlier stage writes",
        f"{use}n audio encoder; add audio_encoder: under components:",
        f"{use} generator; add generator: under components:",
        f"{use} motion VAE; add motion_vae: under components:",
        f"{use} corpus; add corpus: to the recipe",
    ]


def test_fingerprints_depend_on_who_brings_a_component(recipe: Write, registry: Registry) -> None:
    plan = make_plan(read_recipe("notes.yaml", registry), registry)
    assert [step.inputs for step in plan] == [{}, {"note": "write"}]
    assert len({step.fingerprint for step in plan}) == 2
    again = make_plan(read_recipe("notes.yaml", registry), registry)
    assert [step.fingerprint for step in again] == [step.fingerprint for step in plan]


def test_metrics_survive_a_torn_line_and_rewind(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path, tmp_path / "events", "talker")
    for step in range(4):
        log.record(step, {"loss": step / 2})
    log.close()
    other = MetricsLog(path, tmp_path / "events", "prior")
    other.record(9, {"loss": 1.0})
    other.close()
    with path.open("a") as file:
        file.write('{"stage": "talker", "st')
    assert [entry["step"] for entry in read_metrics(path, "talker")] == [0, 1, 2, 3]
    log = MetricsLog(path, tmp_path / "events", "talker")
    log.rewind(1)
    log.record(2, {"loss": 7.0})
    log.close()
    assert [(e["stage"], e["step"], e["loss"]) for e in read_metrics(path)] == [
        ("talker", 0, 0.0),
        ("talker", 1, 0.5),
        ("prior", 9, 1.0),
        ("talker", 2, 7.0),
    ]


def test_progress_off_a_terminal_is_sparse(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    clock = iter(range(0, 1000, 16))
    monkeypatch.setattr("styletalker.core.run.progress.time.monotonic", lambda: next(clock))
    reporter = Reporter(Console(file=said, width=200, highlight=False))
    with reporter.live(), reporter.task("talker: steps", 8) as task:
        for _ in range(8):
            task.advance(note="loss 0.5")
    assert said.getvalue().splitlines() == [
        "talker: steps: 2/8, loss 0.5, about 96 s left",
        "talker: steps: 4/8, loss 0.5, about 64 s left",
        "talker: steps: 6/8, loss 0.5, about 32 s left",
    ]


def test_what_was_done_before_does_not_count_for_the_time_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = io.StringIO()
    clock = iter(range(0, 1000, 40))
    monkeypatch.setattr("styletalker.core.run.progress.time.monotonic", lambda: next(clock))
    reporter = Reporter(Console(file=said, width=200, highlight=False))
    with reporter.live(), reporter.task("talker: steps", 100, done=90) as task:
        task.update(90)
        task.update(94)
    assert said.getvalue() == "talker: steps: 94/100, about 120 s left\n"
