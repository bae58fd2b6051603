"""The kit catches what it is there to catch: each broken component fails the check meant for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch
from styletalker.core.contract import suite
from styletalker.core.contract.case import Case, ContractCheck, checks_of
from styletalker.core.errors import PluginError
from styletalker.core.registry import Registry
from support.scaffolds import registry_of_scaffolds
from torch import nn

Change = Callable[[type, pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def scaffolds(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return registry_of_scaffolds(tmp_path_factory.mktemp("scaffolds"))


def after(name: str, change: Callable[..., Any]) -> Change:
    """Let *change* have the result of method *name*, with the instance and the arguments."""

    def apply(cls: type, patch: pytest.MonkeyPatch) -> None:
        original = getattr(cls, name)

        def changed(self: Any, *args: Any, **kwargs: Any) -> Any:
            return change(original(self, *args, **kwargs), self, *args, **kwargs)

        patch.setattr(cls, name, changed)

    return apply


def instead(name: str, value: Any) -> Change:
    return lambda cls, patch: patch.setattr(cls, name, value)


def add_parameter(_: Any, self: nn.Module, *__: Any, **___: Any) -> None:
    self.idle = nn.Parameter(torch.zeros(3))


def shift_state(result: Any, *_: Any, **__: Any) -> Any:
    return type(result)(**{**vars_of(result), "state": None})


def vars_of(result: Any) -> dict[str, Any]:
    return {name: getattr(result, name) for name in result.__slots__ if name != "__weakref__"}


def nan(result: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    return result * float("nan")


CALLS = {"count": 0}


def drift(result: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    CALLS["count"] += 1
    return result + CALLS["count"]


def mix(result: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    return result + result.mean(0, keepdim=True)


def half(result: Any, *_: Any, **__: Any) -> Any:
    return result * 0.5


BROKEN: list[tuple[str, str, Change, str]] = [
    (
        "generator",
        "output_is_finite",
        after("synthesis", nan),
        "image holds values that are not finite",
    ),
    (
        "generator",
        "gradients_reach_every_parameter",
        after("__init__", add_parameter),
        "no gradient reaches idle",
    ),
    (
        "generator",
        "output_depends_on_input_alone",
        after("mapping", drift),
        "ws differs between two calls with one input",
    ),
    (
        "generator",
        "batch_items_are_independent",
        after("mapping", mix),
        "ws of an item depends on the rest of its batch",
    ),
    (
        "generator",
        "shapes",
        after("synthesis", lambda r, *_, **__: r * 255),
        "images must be in [-1, 1]",
    ),
    (
        "generator",
        "truncation",
        after("mapping", lambda r, self, z, *, truncation=1.0: r + truncation * (1 - truncation)),
        "mapping(z, truncation=0.5) does not lie that far from mean_ws()",
    ),
    (
        "generator",
        "wrong_shapes",
        instead("mapping", lambda self, z, *, truncation=1.0: z),
        "a wrong z is accepted; raise InputError",
    ),
    (
        "inverter",
        "given_generator_is_untouched",
        after("invert", lambda r, self, images, generator: (generator.train(), r)[1]),
        "invert() leaves the generator in training mode",
    ),
    (
        "audio_encoder",
        "look_ahead_is_kept",
        after("forward", lambda r, *_: r + r.sum((1, 2), keepdim=True)),
        "feature 2 depends on more than the declared 0 frames beyond it",
    ),
    (
        "audio_encoder",
        "streaming_equals_whole",
        after("stream", lambda r, *_, **__: type(r)(audio=r.audio * 2, state=r.state)),
        "audio in pieces of 214 is ",
    ),
    (
        "sync_discriminator",
        "embeddings",
        after("embed_audio", half),
        "embed_audio() does not give unit vectors",
    ),
    (
        "sync_discriminator",
        "loss",
        after("loss", lambda r, self, frames, waveform: r.detach() + 0 * self.audio.weight.sum()),
        "no gradient reaches the frames",
    ),
    (
        "motion_vae",
        "decoder_is_causal",
        after(
            "decode",
            lambda r, *_, **__: type(r)(ws=r.ws + r.ws.mean(1, keepdim=True), state=r.state),
        ),
        "decode(): frames before 3 depend on the motion from there on",
    ),
    ("motion_vae", "streaming_equals_whole", after("decode", shift_state), "ws in pieces of 1 is "),
    ("prior", "streaming_equals_whole", after("sample", shift_state), "motion in pieces of 1 is "),
    (
        "prior",
        "density_is_normalised",
        after("log_prob", lambda r, *_, **__: r + 1),
        "log_prob() is not the density of sample(): the integral comes out as 0.3",
    ),
    (
        "prior",
        "density_is_causal",
        after("log_prob", lambda r, *_, **__: r + r.sum(1, keepdim=True)),
        "log_prob(): frames before 3 depend on the motion from there on",
    ),
    (
        "prior",
        "noise_and_temperature",
        after(
            "sample", lambda r, s, a, w, noise, **_: type(r)(motion=r.motion + noise, state=r.state)
        ),
        "at temperature 0 the noise still matters",
    ),
    ("corpus", "clips_fit_the_corpus", instead("sample_rate", 8000), "contract"),
    (
        "corpus",
        "wrong_requests",
        instead("count", lambda self, split: 2),
        "a wrong no-such-split is accepted",
    ),
    (
        "metric",
        "measures_and_summarises",
        instead("summarise", lambda self, measured: measured[0]["flicker"]),
        "the order of clips changes the value",
    ),
    (
        "metric",
        "noise_is_measured_or_refused",
        instead("summarise", lambda self, measured: float("nan")),
        "clips of noise give nan: raise InputError instead",
    ),
    ("metric", "declarations", instead("direction", "up"), "direction must be one of"),
    (
        "stage",
        "declarations",
        instead("outputs", {"note": "../note.txt"}),
        "lies outside the stage's directory",
    ),
    ("stage", "runs", instead("run", lambda self, context: None), "declares the output 'note'"),
    (
        "face_analyser",
        "wrong_images",
        instead("analyse", lambda *_, **__: ()),
        "a wrong image is accepted",
    ),
]


@pytest.mark.parametrize(
    ("role", "check", "change", "message"), BROKEN, ids=[f"{b[0]}-{b[1]}" for b in BROKEN]
)
def test_a_broken_component_fails_its_check(
    scaffolds: Registry,
    monkeypatch: pytest.MonkeyPatch,
    role: str,
    check: str,
    change: Change,
    message: str,
) -> None:
    bound = find(scaffolds, role, check)
    bound()
    change(scaffolds.load(role, f"example_{role}"), monkeypatch)
    with pytest.raises(Exception) as caught:  # noqa: PT011 (the message is what counts)
        bound()
    if message != "contract":
        assert message in str(caught.value)


def find(registry: Registry, role: str, name: str) -> Callable[[], None]:
    checks = checks_of(registry, [f"scaffold-{role.replace('_', '-')}"])
    return next(check for check in checks if check.label.endswith(f"-{name}"))


def test_an_undocumented_option_is_found(
    scaffolds: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from support.parts import component

    module = sys.modules["support.parts"]
    bare = type("BareConfig", (), {"__annotations__": {"size": int}, "size": 3})
    import attrs

    config = attrs.frozen(kw_only=True)(bare)
    monkeypatch.setattr(module, "BareConfig", config, raising=False)
    registry = Registry.of(component("prior", "bare", config))
    case = Case(offer=registry.offers()[0], registry=registry)
    from styletalker.core.contract.checks.record import check_options_are_documented

    with pytest.raises(AssertionError, match="put a docstring under size in BareConfig"):
        check_options_are_documented(case)
    assert scaffolds.offers()


def test_a_heavy_plugin_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from styletalker.core.contract.checks.record import check_plugin_is_light
    from styletalker.core.discovery import discover
    from styletalker.core.scaffold.write import write_plugin
    from support.scaffolds import entry_point

    write_plugin("heavy", "prior", None, tmp_path)
    init = tmp_path / "heavy/heavy/__init__.py"
    init.write_text(
        "import torch\n" + init.read_text().replace("from __future__ import annotations", "")
    )
    monkeypatch.syspath_prepend(tmp_path / "heavy")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "heavy"))
    registry = Registry(discover([entry_point("heavy", "heavy", "heavy")]))
    case = Case(offer=registry.offers()[0], registry=registry)
    with pytest.raises(AssertionError, match="heavy imports torch: name the class in `target`"):
        check_plugin_is_light(case)


def test_a_distribution_without_components(scaffolds: Registry) -> None:
    with pytest.raises(PluginError) as caught:
        checks_of(scaffolds, ["scaffold-priors"])
    assert str(caught.value) == (
        "no installed distribution of this name brings a component: 'scaffold-priors'; did you "
        "mean 'scaffold-prior'? Is it installed (pip install -e .), with its entry point?"
    )


def test_the_pytest_plugin_wants_to_know_what_to_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from styletalker.core.contract.suite import test_contract")
    answer = pytester.runpytest_subprocess("-q")
    answer.stdout.fnmatch_lines_random(["*does not know what to test: set styletalker_contract*"])
    answer = pytester.runpytest_subprocess("-q", "--contract", "styletalkr")
    answer.stdout.fnmatch_lines_random(["*'styletalkr'; did you mean 'styletalker'*"])


def test_one_line_runs_the_kit(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from styletalker.core.contract.suite import test_contract")
    answer = pytester.runpytest_subprocess(
        "--contract", "styletalker", "-k", "stage-model_summary", "-v"
    )
    answer.stdout.fnmatch_lines(["*test_contract[[]stage-model_summary-runs[]] PASSED*"])
    assert answer.ret == 0


def test_without_an_optional_module_the_suite_skips(scaffolds: Registry) -> None:
    offer = scaffolds.offers("prior")[0]
    needy = attrs.evolve(
        offer, component=attrs.evolve(offer.component, requires={"no_such_module": "pkg[more]"})
    )
    called: list[Case] = []
    check = ContractCheck(case=Case(offer=needy, registry=scaffolds), check=called.append)
    with pytest.raises(pytest.skip.Exception, match=r"needs no_such_module: pip install 'pkg\[m"):
        suite.test_contract(check)
    assert not called
    suite.test_contract(
        ContractCheck(case=Case(offer=offer, registry=scaffolds), check=called.append)
    )
    assert len(called) == 1
