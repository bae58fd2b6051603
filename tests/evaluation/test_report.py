"""The report: a page that is whole, tables, the command and the stage that write it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest
import torch
from rich.console import Console
from styletalker.core.checkpoint import save_component
from styletalker.core.cli.main import main
from styletalker.core.component import Component
from styletalker.core.config.options import Chosen
from styletalker.core.discovery import Discovery
from styletalker.core.errors import ConfigError, InputError
from styletalker.core.files import write_json
from styletalker.core.interfaces.stage import Stage
from styletalker.core.media.movie import MovieFile
from styletalker.core.recipe.model import Recipe, StageEntry
from styletalker.core.registry import Registry
from styletalker.core.run.context import StageContext
from styletalker.core.run.progress import Reporter
from styletalker.core.run.runner import run_recipe
from styletalker.core.training.frames import to_bytes, to_unit
from styletalker.evaluation.compare.load import load_report
from styletalker.evaluation.harness.source import VideoSource
from styletalker.evaluation.observe import remember_in
from styletalker.evaluation.report.svg import Line, chart
from styletalker.evaluation.report.tables import best_of, columns_of, figure, latex, markdown
from styletalker.evaluation.report.write import write_report
from styletalker.recipes.stages.evaluate_config import EvaluateConfig
from styletalker.recipes.stages.reconstruction import Reconstructor, load_networks
from styletalker.recipes.stages.video_list import Place, read_videos
from support.evaluation import degraded, method, moving_clip, tools, write_clip
from support.faces import puppet_clip
from support.tiny import (
    TinyConfig,
    TinyGenerator,
    TinyInverter,
    TinyInverterConfig,
    save_tiny,
    tiny_registry,
)

TRUTHS = [moving_clip(k) for k in range(3)]
_VOID = {"meta", "img", "br", "line", "path", "link"}


class Page(HTMLParser):
    """Checks that tags are closed in order, and collects what the page refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.seen: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in _VOID:
            self.open.append(tag)
        self.links += [v or "" for k, v in attributes if k in ("src", "href", "poster")]

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag


@pytest.fixture(autouse=True)
def forgetful() -> Any:
    yield
    remember_in(None)


def summary_of(**values: Mapping[str, float | None]) -> dict[str, Any]:
    """A summary of methods with one metric per direction."""
    directions = {"up": "higher", "down": "lower", "near": "none"}
    methods = {
        name: {
            metric: {
                "title": metric.upper(), "unit": "1" if metric == "up" else "dB",
                "direction": direction, "value": found.get(metric),
                "interval": [0.0, 1.0] if metric == "up" else None, "clips": 3, "failures": [],
                "reason": "",
            }
            for metric, direction in directions.items()
        }
        for name, found in values.items()
    }  # fmt: skip
    kinds = {name: "truth" if name == "truth" else "method" for name in values}
    return {"methods": methods, "kinds": kinds, "notes": {}}


SUMMARY = summary_of(
    truth={"up": 1.0, "down": 0.0, "near": 5.0},
    a_1={"up": 0.5, "down": 0.123456, "near": 4.0},
    b={"up": 0.4, "down": 0.2, "near": 5.5},
)


def test_a_page_that_is_whole(tmp_path: Path) -> None:
    faces = [puppet_clip(frames=12), moving_clip(1, frames=12, side=128)]
    worse = [degraded(one, 10) for one in faces]
    methods = [method("ours <&>", worse, faces), method("same", faces, faces)]
    write_report(
        tmp_path / "report", methods, tools("psnr", "lmd"), store=tmp_path / "store",
        title="A <test>", shown=2, workers=1, resamples=100,
    )  # fmt: skip
    text = (tmp_path / "report" / "index.html").read_text()
    page = Page(text)
    assert page.seen.count("video") == 6
    assert page.seen.count("svg") == 4  # the second clip has no face, and the page says so
    assert "no face is found in any frame" in text
    assert "<title>A &lt;test&gt;</title>" in text
    assert "ours &lt;&amp;&gt;" in text
    assert 'class="best"><b>100</b>' in text
    page_of_faults = text[text.index("What could not be measured") :]
    assert page_of_faults.count("<tr>") == 3  # the head, and one line for each method
    assert page.links
    for link in page.links:
        assert not re.match(r"[a-z]+:|/", link), "the page needs a network"
        assert (tmp_path / "report" / link).is_file(), link
    assert "prefers-color-scheme: dark" in text
    video = MovieFile.open(tmp_path / "report" / "media" / "00-same.mp4")
    assert (video.height, video.has_sound) == (128, True)
    assert len(list(video.frames(fps=25))) == 12


def test_odd_sizes_become_playable(tmp_path: Path) -> None:
    clip = moving_clip(0, side=33)
    write_report(
        tmp_path, [method("ours", [clip], [clip])], tools("psnr"), store=tmp_path / "s",
        title="t", shown=1, workers=1, resamples=100,
    )  # fmt: skip
    video = MovieFile.open(tmp_path / "media" / "00-ours.mp4")
    assert (video.height, video.width) == (32, 32)


def test_charts() -> None:
    values = [0.0, 1.0, np.nan, 0.5, 0.25]
    loud = np.sin(np.arange(3200)).astype(np.float32)
    text = chart([Line(name="a<b", values=values, style=1)], fps=25, label="x", waveform=loud)
    Page(text)
    path = re.search(r'class="line line1" d="([^"]+)"', text)
    assert path
    assert path[1].count("M") == 2  # the gap begins a new piece
    assert path[1].count("L") == 2
    assert 'class="sound"' in text
    assert "a&lt;b" in text
    Page(chart([Line(name="flat", values=[2.0, 2.0])], fps=25, label="x"))
    Page(chart([Line(name="nothing", values=[np.nan])], fps=25, label="x"))


def test_the_best_by_direction() -> None:
    up, down, near = columns_of(SUMMARY)
    assert best_of(SUMMARY, up) == {"a_1"}
    assert best_of(SUMMARY, down) == {"a_1"}
    assert best_of(SUMMARY, near) == {"b"}  # 5.5 is nearer to the truth's 5
    equal = summary_of(a={"up": 1.0}, b={"up": 1.0})
    assert best_of(equal, columns_of(equal)[0]) == set()
    alone = summary_of(a={"up": 1.0}, truth={"up": 2.0})
    assert best_of(alone, columns_of(alone)[0]) == set()


def test_tables_for_papers() -> None:
    table = markdown(SUMMARY).splitlines()
    assert table[0] == "| method | UP ↑ | DOWN [dB] ↓ | NEAR [dB] ≈ |"
    assert table[3] == "| a_1 | **0.500** [0, 1.00] | **0.123** | 4.00 |"
    assert table[2].startswith("| *truth* | 1.00")
    text = latex(SUMMARY)
    assert r"a\_1 & \textbf{0.500} & \textbf{0.123} & 4.00 \\" in text
    assert r"DOWN [dB] $\downarrow$" in text
    assert text.index(r"b & 0.400") < text.index("truth &")
    assert text.count(r"\midrule") == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (float("nan"), "-"), (0, "0"), (0.98765, "0.988"), (123.4, "123"),
     (-0.00321, "-0.00321"), (27.04, "27.0"), (1e-9, "0"), (-2e-7, "0"), (6e-7, "0.000001")],
)  # fmt: skip
def test_three_digits(value: float | None, text: str) -> None:
    assert figure(value) == text


def test_nothing_to_evaluate(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no clip to evaluate"):
        write_report(tmp_path, [method("a", [])], tools("psnr"), store=tmp_path, title="t")
    with pytest.raises(InputError, match="no metric is chosen"):
        write_report(tmp_path, [method("a", TRUTHS)], [], store=tmp_path, title="t")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for k, clip in enumerate(TRUTHS):
        write_clip(tmp_path / "truth" / f"{k}.mp4", clip)
        write_clip(tmp_path / "good" / f"{k}.mp4", degraded(clip, 4))
    write_clip(tmp_path / "bad" / "0.mp4", degraded(TRUTHS[0], 30))
    (tmp_path / "bad" / "1.mp4").write_bytes(b"no video")
    options = ["--generated", str(tmp_path / "good"), "--generated", f"poor={tmp_path / 'bad'}"]
    options += ["--reference", str(tmp_path / "truth"), "-o", str(tmp_path / "report")]
    options += ["--metric", "psnr", "--metric", "bilabial_closure", "--workers", "1", "--shown"]
    with pytest.raises(SystemExit) as left:
        main(["evaluate", *options, "0", "--json"])
    assert left.value.code == 0
    found = json.loads(capsys.readouterr().out)["methods"]
    assert list(found) == [
        "ground truth", "good", "poor", "good, shuffled sound", "poor, shuffled sound",
    ]  # fmt: skip
    assert found["ground truth"]["psnr"]["value"] == 100
    assert 30 < found["good"]["psnr"]["value"] < 40
    assert found["poor"]["psnr"]["value"] < 25
    faults = [one["reason"] for one in found["poor"]["psnr"]["failures"]]
    assert "1.mp4: is not a media file" in faults[0] or "1.mp4" in faults[0]
    assert faults[1].endswith("bad: there is no video '2'")
    assert "phonemes are not known" in found["good"]["bilabial_closure"]["reason"]
    Page((tmp_path / "report" / "index.html").read_text())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--metric", "psrn", "--generated", "."], "no such metric: 'psrn'; did you mean 'psnr'?"),
        ([], "nothing to evaluate. Give --generated or --manifest."),
        (["--generated", "a=.", "--manifest", "m.csv"], "leave out the folders"),
        (["--generated", "x=nowhere"], "nowhere: no such folder"),
        (["--generated", ".", "--generated", "."], "two methods have one name"),
    ],
)
def test_mistakes_on_the_command_line(
    options: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    write_clip(tmp_path / "a.mp4", TRUTHS[0])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["evaluate", "-o", "report", *options])
    assert left.value.code in (2, 4)
    assert text in capsys.readouterr().err


@attrs.frozen(kw_only=True)
class NoConfig:
    """No options."""


class MakeVideos(Stage):
    """Writes videos as the stage ``generate`` does: the ground truth with noise; and networks."""

    outputs: ClassVar[Mapping[str, str]] = {
        "videos": "videos",
        "generator": "generator.safetensors",
        "inverter": "inverter.safetensors",
    }
    uses_corpus = True

    def run(self, context: StageContext) -> None:
        folder, corpus, rows = context.outputs["videos"], context.corpus(), []
        for index in range(2):
            clip = corpus.clip("train", index)
            for kind in ("truth", "audio", "motion"):
                name = f"{kind}-{index}"
                row = {"name": name, "split": "train", "index": index, "kind": kind, "seed": 0}
                row |= {"path": f"{name}.mp4", "audio_source": None, "motion_source": None}
                if kind == "motion":
                    row["motion_source"] = f"train/{1 - index}"
                noisy = clip if kind == "truth" else degraded(clip, 5)
                write_clip(folder / f"{name}.mp4", noisy)
                rows.append(row)
        write_json(folder / "videos.json", rows)
        torch.manual_seed(0)
        generator: Any = TinyGenerator(TinyConfig(size=32))
        inverter: Any = TinyInverter(TinyInverterConfig(), resolution=32, num_ws=2, w_dim=3)
        for role, module, options in (
            ("generator", generator, {"size": 32}),
            ("inverter", inverter, {}),
        ):
            path = context.outputs[role]
            save_component(path, module, role=role, type="tiny", options=options, step=0)


def stage_recipe(config: EvaluateConfig) -> tuple[Recipe, Registry]:
    registry = Registry.installed()
    make = Component(
        role="stage", name="make_videos", target=f"{__name__}:MakeVideos", config=NoConfig,
        summary="makes videos", source="none", licence="Apache-2.0", smoke={},
    )  # fmt: skip
    tiny = [o.component for o in tiny_registry().offers() if o.component.name == "tiny"]
    offers = (*registry.discovery.offers, *Registry.of(make, *tiny).discovery.offers)
    registry = Registry(Discovery(plugins=registry.discovery.plugins, offers=offers))
    shards = registry.get("corpus", "shards").component
    corpus = Chosen(
        role="corpus", type="shards", config=shards.config(folder=Path(str(shards.smoke["folder"])))
    )
    stages = {"make_videos": NoConfig(), "evaluate": config}
    pipeline = tuple(
        StageEntry(name=name, chosen=Chosen(role="stage", type=name, config=value))
        for name, value in stages.items()
    )
    recipe = Recipe(
        name="small", path=Path("small.yaml"), sources=("small.yaml",), overrides=(), seed=0,
        components={}, corpus=corpus, pipeline=pipeline,
    )  # fmt: skip
    return recipe, registry


def chosen(*names: str) -> tuple[Chosen, ...]:
    component = Registry.installed().get("metric", "psnr").component
    return tuple(Chosen(role="metric", type=name, config=component.config()) for name in names)


def run_stage(folder: Path, config: EvaluateConfig) -> dict[str, Any]:
    recipe, registry = stage_recipe(config)
    run_recipe(recipe, registry, folder, reporter=Reporter(Console(quiet=True)))
    report = folder / "stages" / "evaluate" / "report"
    Page((report / "index.html").read_text())
    found: dict[str, Any] = json.loads((report / "summary.json").read_text())
    return found


def test_the_stage(tmp_path: Path) -> None:
    metrics = chosen("psnr", "bilabial_closure")
    found = run_stage(tmp_path, EvaluateConfig(metrics=metrics, shown=1, workers=1, resamples=100))
    assert found["kinds"] == {
        "ground truth": "truth",
        "audio-driven": "method",
        "motion-controlled": "method",
        "reconstruction": "ceiling",
        "audio-driven, shuffled sound": "floor",
        "motion-controlled, shuffled sound": "floor",
        "motion-controlled, motion source": "leakage",
    }
    assert found["methods"]["ground truth"]["psnr"]["value"] == 100
    assert 28 < found["methods"]["audio-driven"]["psnr"]["value"] < 36
    assert found["methods"]["audio-driven"]["psnr"]["clips"] == 2
    # Two untrained layers paint grey: the ceiling is what the networks give, not the truth.
    assert 5 < found["methods"]["reconstruction"]["psnr"]["value"] < 20
    assert found["methods"]["reconstruction"]["psnr"]["clips"] == 2
    table = (tmp_path / "stages" / "evaluate" / "report" / "clips.csv").read_text()
    assert '"{""seed"": 0}"' in table
    back = load_report(tmp_path)
    assert (back.recipe, back.seed) == ("small", 0)
    assert back.methods() == ["audio-driven", "motion-controlled"]
    metrics_file = (tmp_path / "metrics.jsonl").read_text()
    assert "audio-driven/psnr" in metrics_file


def test_a_scorer_must_be_trained(tmp_path: Path) -> None:
    component = Registry.installed().get("sync_discriminator", "contrastive").component
    config = component.config(**component.smoke)
    scorer = Chosen(role="sync_discriminator", type="contrastive", config=config)
    with pytest.raises(ConfigError, match=r"'contrastive' of stage 'evaluate' is untrained"):
        run_stage(tmp_path, EvaluateConfig(metrics=chosen("psnr"), sync_scorer=scorer, workers=1))


def test_the_ceiling_is_tracked_and_painted_again(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = TinyGenerator(TinyConfig(size=32))
    sizes = {"resolution": 32, "num_ws": 2, "w_dim": 3}
    inverter = TinyInverter(TinyInverterConfig(), **sizes)
    clip = moving_clip(0, frames=40)
    Reconstructor(generator, inverter).write(clip, tmp_path / "a.mp4")
    found = VideoSource(tmp_path / "a.mp4").load().frames
    with torch.no_grad():
        images = to_unit(torch.from_numpy(clip.frames))
        wanted = generator.synthesis(inverter.invert(images, generator).ws)
    assert found.shape == (40, 32, 32, 3)
    assert np.abs(found.astype(int) - to_bytes(wanted).numpy()).max() <= 1


def test_networks_come_from_artifacts(tmp_path: Path) -> None:
    registry = tiny_registry()
    save_tiny(tmp_path / "generator.safetensors")
    sizes = {"resolution": 8, "num_ws": 2, "w_dim": 3}
    inverter = TinyInverter(TinyInverterConfig(), **sizes)
    path = tmp_path / "inverter.safetensors"
    save_component(path, inverter, role="inverter", type="tiny", options={}, step=0)
    inputs = {role: tmp_path / f"{role}.safetensors" for role in ("generator", "inverter")}
    context: Any = SimpleNamespace(inputs=inputs, registry=registry)
    found = load_networks(context)
    assert found is not None
    assert found.generator.resolution == 8
    loaded: Any = found.inverter
    assert torch.equal(loaded.net.weight, inverter.net.weight)
    assert load_networks(SimpleNamespace(inputs={}, registry=registry)) is None  # type: ignore[arg-type]


def test_lists_of_videos(tmp_path: Path) -> None:
    row = {"name": "x", "split": "test", "index": 3, "kind": "motion", "path": "x.mp4"}
    truth = {**row, "name": "t", "index": 7, "kind": "truth"}

    def read(**changes: Any) -> Any:
        write_json(tmp_path / "videos.json", [{**row, **changes}, truth])
        return read_videos(tmp_path)[0]

    assert read().audio == read().portrait == Place("test", 3)
    assert read().motion is None
    for given in (7, "test/7", "t", {"split": "test", "index": 7}):
        assert read(motion_source=given).motion == Place("test", 7)
    assert read(audio_source=5).audio == Place("test", 5)
    with pytest.raises(InputError, match=r"video 0: motion_source: no such clip: 'u'"):
        read(motion_source="u")
    write_json(tmp_path / "videos.json", [{"name": "x", "kind": "audio"}])
    with pytest.raises(InputError, match=r"video 0: says no split, index, path"):
        read_videos(tmp_path)
