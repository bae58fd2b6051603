"""toolkit compare: numbers, tests, words, seeds, mistakes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from styletalker.core.cli.main import main
from styletalker.core.errors import InputError, RunError
from styletalker.core.files import write_json, write_text
from styletalker.evaluation.compare.contrast import Comparison, compare
from styletalker.evaluation.compare.load import load_report
from styletalker.evaluation.compare.statistics import holm, paired, verdict
from styletalker.evaluation.compare.tables import as_latex, as_markdown

METRICS = {"sharp": "higher", "error": "lower", "pose": "none"}
COUNT = 14


def write_report_of(
    folder: Path, values: dict[str, list[float]], *, method: str = "ours", version: int = 1
) -> Path:
    """A report with the given values of clips; the ground truth's pose is 5 in all."""
    table = {method: values, "ground truth": {"pose": [5.0] * COUNT}}
    methods: dict[str, Any] = {}
    rows = []
    for name, found in table.items():
        for metric, direction in METRICS.items():
            ours = found.get(metric, [])
            rows += [(name, metric, f"c{k}", value) for k, value in enumerate(ours)]
            methods.setdefault(name, {})[metric] = {
                "title": metric.title(), "unit": "1", "direction": direction,
                "value": float(np.mean(ours)) if ours else None, "interval": None,
                "clips": len(ours), "failures": [], "reason": "" if ours else "not asked",
            }  # fmt: skip
    summary = {
        "format": version, "protocol": {"version": 1}, "version": "0", "weights": {},
        "kinds": {method: "method", "ground truth": "truth"}, "notes": {}, "methods": methods,
    }  # fmt: skip
    write_json(folder / "summary.json", summary)
    with (folder / "clips.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["method", "metric", "clip", "value"])
        writer.writerows(rows)
    return folder


def write_run(folder: Path, values: dict[str, list[float]], *, recipe: str, seed: int) -> Path:
    """A run whose stage ``evaluate`` has written a report."""
    write_json(folder / "run.json", {"format": 1, "recipe": recipe, "status": "done"})
    write_text(folder / "recipe.yaml", f"seed: {seed}\npipeline:\n  - evaluate\n")
    stage = folder / "stages" / "evaluate"
    write_json(stage / "stage.json", {"status": "done", "places": {"report": "report"}})
    write_report_of(stage / "report", values)
    return folder


def around(middle: float, seed: int = 0, spread: float = 0.3) -> list[float]:
    return list(np.random.default_rng(seed).normal(middle, spread, COUNT))


def both(tmp_path: Path, first: dict[str, list[float]], second: dict[str, list[float]]) -> Any:
    folders = [write_report_of(tmp_path / "a", first), write_report_of(tmp_path / "b", second)]
    return [load_report(folder) for folder in folders]


def verdicts(found: Comparison) -> dict[str, str]:
    return {row.metric: row.cells[1].verdict for row in found.rows}


def test_better_and_worse_follow_the_direction(tmp_path: Path) -> None:
    base = around(3.0)
    up = [value + 0.5 + 0.01 * k for k, value in enumerate(base)]
    first = {"sharp": base, "error": base, "pose": [3.0 + 0.01 * k for k in range(COUNT)]}
    second = {"sharp": up, "error": up, "pose": [5.5 + 0.01 * k for k in range(COUNT)]}
    found = compare(both(tmp_path, first, second))
    # A pose of 5.5 is nearer to the truth's 5 than one of 3, though both have no direction.
    assert verdicts(found) == {"sharp": "better", "error": "worse", "pose": "better"}
    best = {row.metric: row.best for row in found.rows}
    assert best == {"sharp": (1,), "error": (0,), "pose": (1,)}
    assert [row.cells[1].paired.clips for row in found.rows if row.cells[1].paired] == [COUNT] * 3
    assert found.notes == ()


def test_noise_is_undecided(tmp_path: Path) -> None:
    found = compare(both(tmp_path, {"sharp": around(3.0, 1)}, {"sharp": around(3.0, 2)}))
    assert verdicts(found)["sharp"] == "undecided"
    assert verdicts(found)["error"] == ""  # nothing was measured: nothing is said
    assert found.rows[1].cells[0].reason == "not asked"
    assert any("Error, Pose: not asked" in note for note in found.notes)


def test_few_clips_decide_nothing(tmp_path: Path) -> None:
    found = compare(both(tmp_path, {"sharp": [1.0, 1.1, 1.2]}, {"sharp": [2.0, 2.2, 2.4]}))
    assert verdicts(found)["sharp"] == "undecided"
    assert "with 3 common clips nothing can be decided: it takes 6 at least" in found.notes


def test_the_statistics() -> None:
    values = {f"c{k}": float(k) for k in range(8)}
    more = {name: value + 1 + 0.1 * value for name, value in values.items()} | {"other": 9.0}
    found = paired(values, more, direction="higher")
    assert found is not None
    assert found.clips == 8
    assert found.difference == pytest.approx(1.35)
    assert found.low < 1.35 < found.high
    assert found.p_value == pytest.approx(2 / 2**8)  # all of one sign: the smallest there is
    assert verdict(found, 0.04) == "better"
    assert verdict(found, 0.06) == "undecided"
    down = paired(values, more, direction="lower")
    assert down is not None
    assert verdict(down, 0.01) == "worse"
    same = paired(values, values, direction="higher")
    assert same is not None
    assert (same.p_value, same.difference) == (1.0, 0.0)
    assert paired(values, {"x": 1.0}, direction="higher") is None
    assert paired(values, more, direction="none") is None


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_seeds_of_a_variant(tmp_path: Path) -> None:
    runs = []
    for seed in range(3):
        base = [1.0 + seed] * COUNT
        steps = [2.0 + seed + 0.01 * k for k in range(COUNT)]
        runs.append(write_run(tmp_path / f"a{seed}", {"sharp": base}, recipe="A", seed=seed))
        runs.append(write_run(tmp_path / f"b{seed}", {"sharp": steps}, recipe="B", seed=seed))
    found = compare([load_report(run) for run in runs], metrics=["sharp"], group=True)
    assert found.columns == ("A (3 seeds)", "B (3 seeds)")
    first, second = found.rows[0].cells
    assert (first.value, first.spread) == (2.0, 1.0)
    assert second.verdict == "better"
    assert second.paired is not None
    assert second.paired.difference == pytest.approx(1.065)
    assert "2.00 ± 1.00" in as_markdown(found)
    again = write_run(tmp_path / "a9", {"sharp": [1.0]}, recipe="A", seed=0)
    with pytest.raises(InputError, match=r"two runs of A have the seed 0. Give each once"):
        compare([load_report(run) for run in (*runs, again)], group=True)
    single = compare([load_report(run) for run in (runs[0], again)])
    assert len(single.columns) == 2  # without --group, seeds are runs like others


def test_methods_of_other_names_are_compared_if_there_is_just_one(tmp_path: Path) -> None:
    values = {"sharp": around(1.0)}
    a = write_report_of(tmp_path / "a", values, method="theirs")
    b = write_report_of(tmp_path / "b", values, method="ours")
    found = compare([load_report(a), load_report(b)], metrics=["Sharp"])
    assert [row.method for row in found.rows] == ["videos"]
    assert found.rows[0].cells[1].paired is not None
    assert found.rows[0].cells[1].paired.difference == 0


def test_tables(tmp_path: Path) -> None:
    base = around(3.0)
    up = [value + 1 + 0.01 * k for k, value in enumerate(base)]
    found = compare(both(tmp_path, {"sharp": base}, {"sharp": up}), metrics=["sharp"])
    line = as_markdown(found).splitlines()[2]
    assert line.startswith("| ours | Sharp ↑ | ")
    assert line.endswith(f"**{np.mean(up):.2f}, better (n = 14)** |")
    assert rf"\textbf{{{np.mean(up):.2f}}} (better) \\" in as_latex(found)


def test_differing_protocols_are_said(tmp_path: Path) -> None:
    reports = both(tmp_path, {"sharp": around(1.0)}, {"sharp": around(1.0)})
    path = tmp_path / "b" / "summary.json"
    summary = json.loads(path.read_text()) | {"weights": {"x": "y"}}
    write_json(path, summary)
    found = compare([reports[0], load_report(tmp_path / "b")], metrics=["sharp"])
    assert found.notes[0] == "the reports differ in weights: their numbers may not compare"


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = write_run(tmp_path / "a", {"sharp": around(1.0)}, recipe="A", seed=0)
    second = write_report_of(tmp_path / "b", {"sharp": around(9.0, 3)})
    files = ["--markdown", str(tmp_path / "t.md"), "--latex", str(tmp_path / "t.tex")]
    with pytest.raises(SystemExit) as left:
        main(["compare", str(first), str(second), "--metric", "sharp", *files])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert "Sharp ↑" in shown
    assert "better (n = 14)*" in shown
    assert (tmp_path / "t.md").read_text().startswith("| method | metric |")
    assert r"\toprule" in (tmp_path / "t.tex").read_text()
    with pytest.raises(SystemExit):
        main(["compare", str(first), str(second), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["rows"][0]["cells"][1]["verdict"] == "better"
    assert found["columns"] == [str(first), str(second)]


def test_folders_that_are_no_reports(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such folder. Give the directories of runs."):
        load_report(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"is neither a run \(no run.json\) nor a report"):
        load_report(tmp_path)
    run = write_run(tmp_path / "run", {}, recipe="A", seed=0)
    write_json(run / "stages" / "evaluate" / "stage.json", {"status": "failed"})
    with pytest.raises(RunError, match=r"no finished stage .* evaluate \(failed\).*Add the stage"):
        load_report(run)
    old = write_report_of(tmp_path / "old", {}, version=0)
    with pytest.raises(InputError, match=r"format 0, this one reads 1\). Evaluate again."):
        load_report(old)
    torn = write_report_of(tmp_path / "torn", {})
    (torn / "clips.csv").write_text("method,metric\nx,y\n")
    with pytest.raises(RunError, match=r"clips.csv: cannot be read"):
        load_report(torn)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a"], "one run compares with nothing; expected two or more runs"),
        (["a", "a"], "a run is given twice"),
        (["a", "b", "--metric", "shrap"], "no report has this metric: 'shrap'; did you mean"),
        (["a", "c"], "has no method in common with"),
    ],
)
def test_mistakes(
    names: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        write_report_of(Path(name), {"sharp": around(1.0)})
    write_report_of(Path("c"), {"sharp": around(1.0)}, method="x")
    summary = json.loads(Path("c/summary.json").read_text())
    summary["kinds"]["y"] = "method"
    summary["methods"]["y"] = summary["methods"]["x"]
    write_json(Path("c/summary.json"), summary)
    with pytest.raises(SystemExit) as left:
        main(["compare", *names])
    assert left.value.code == 2
    assert text in capsys.readouterr().err
