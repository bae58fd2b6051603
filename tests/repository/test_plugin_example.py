"""The tutorial's plug-in, really installed: found, listed, tested and run from a recipe."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from PIL import Image

EXAMPLE = Path(__file__).parent.parent / "plugin_example"


def toolkit(
    environment: dict[str, str], folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "styletalker", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_listed(installed: dict[str, str], tmp_path: Path) -> None:
    answer = toolkit(installed, tmp_path, "list", "generator", "--json")
    ripple = next(one for one in json.loads(answer.stdout) if one["name"] == "ripple")
    assert (ripple["distribution"], ripple["version"]) == ("styletalker-ripple", "0.1.0")


def test_it_can_be_left_out(installed: dict[str, str], tmp_path: Path) -> None:
    answer = toolkit(
        {**installed, "STYLETALKER_PLUGINS": ""}, tmp_path, "show", "generator", "ripple"
    )
    assert answer.returncode == 4
    assert answer.stderr.startswith("toolkit: no such generator: 'ripple'")


def test_it_runs_from_its_recipe(installed: dict[str, str], tmp_path: Path) -> None:
    recipe = EXAMPLE / "recipes/example.yaml"
    size = "components.generator.resolution=24"
    answer = toolkit(installed, tmp_path, "run", str(recipe), size)
    assert answer.returncode == 0, answer.stderr
    with Image.open(tmp_path / "runs/ripple/stages/generator_samples/samples.png") as sheet:
        assert sheet.size == (4 * 24, 4 * 24)
        low, high = sheet.convert("L").getextrema()
        assert high - low > 100  # type: ignore[operator]
    summary = json.loads((tmp_path / "runs/ripple/stages/model_summary/summary.json").read_text())
    assert summary["generator"]["parameters"] == 64 * 128 + 128 + 64 * 2 + 2 * 64 * 3
    again = toolkit(installed, tmp_path, "run", str(recipe), size)
    assert again.stderr.count("finished before, skipped") == 2


def test_it_passes_the_kit(installed: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(EXAMPLE / "pyproject.toml")]
    answer = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(EXAMPLE / "tests")],
        cwd=tmp_path,
        env=installed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout
    assert "17 passed" in answer.stdout
