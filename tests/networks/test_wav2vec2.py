"""``wav2vec2``: tiny models with random weights, against transformers' own output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from styletalker.core.checkpoint import load_component
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import CheckpointError, ConfigError, InputError, PluginError
from styletalker.core.registry import Registry
from styletalker.core.weights_file.convert import convert_weights
from styletalker.core.weights_file.fit import fits_of
from styletalker.core.weights_file.load import load_public
from styletalker.core.weights_file.read import read_weights_file
from styletalker.core.weights_file.report import describe_file, known_files
from styletalker.plugins.wav2vec2.alignment import FRAME, Steps
from torch import Tensor

TINY: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "conv_dim": [8, 8, 8, 8, 8, 8, 8],
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "initializer_range": 0.3,
}
LARGE = {"do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True}
KINDS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "wav2vec2-base": ("Wav2Vec2", {}, True),
    "wav2vec2-large": ("Wav2Vec2", LARGE, True),
    "hubert-base": ("Hubert", {}, True),
    "hubert-odd": ("Hubert", {"feat_proj_layer_norm": False, "conv_pos_batch_norm": True}, True),
    "wavlm-base": ("WavLM", {"num_buckets": 8, "max_bucket_distance": 40}, False),
    "wavlm-large": ("WavLM", LARGE | {"num_buckets": 8, "max_bucket_distance": 40}, True),
}
ONE_WINDOW = {"chunk_frames": 100, "past_frames": 0, "future_frames": 5}
REGISTRY = Registry.installed()


@pytest.fixture(scope="session")
def hub() -> Any:
    return pytest.importorskip(
        "transformers", reason="needs transformers: pip install 'styletalker[wav2vec2]'"
    )


@pytest.fixture(scope="session")
def folders(hub: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder in Hugging Face layout for each kind, written by transformers."""
    base = tmp_path_factory.mktemp("models")
    for name, (prefix, more, scaled) in KINDS.items():
        torch.manual_seed(len(name))
        config = getattr(hub, f"{prefix}Config")(**TINY, **more)
        model = getattr(hub, f"{prefix}Model")(config)
        for parameter in model.parameters():  # biases and norms of a new model say nothing
            parameter.data += 0.05 * torch.randn_like(parameter)
        model.save_pretrained(base / name)
        scaling = json.dumps({"do_normalize": scaled, "sampling_rate": 16000})
        (base / name / "preprocessor_config.json").write_text(scaling)
    return {name: base / name for name in KINDS}


def speech(frames: int, batch: int = 1) -> Tensor:
    drawn = torch.randn(batch, frames * FRAME, generator=torch.Generator().manual_seed(3))
    return (drawn * 0.1 + 0.02).clamp(-1, 1)


def published(hub: Any, folder: Path, waveform: Tensor, layer: int) -> np.ndarray[Any, Any]:
    """What transformers gives for *waveform* [S], at the middles of its video frames [T, A]."""
    kind = json.loads((folder / "config.json").read_text())["model_type"]
    cls = {"wav2vec2": "Wav2Vec2Model", "hubert": "HubertModel", "wavlm": "WavLMModel"}[kind]
    model = getattr(hub, cls).from_pretrained(folder).eval()
    prepare = hub.Wav2Vec2FeatureExtractor.from_pretrained(folder)
    heard = prepare(waveform.numpy(), sampling_rate=16000, return_tensors="pt").input_values
    with torch.no_grad():
        found = model(heard, output_hidden_states=True)
    last = layer == model.config.num_hidden_layers
    steps = (found.last_hidden_state if last else found.hidden_states[layer])[0].numpy()
    middles = np.arange(len(steps)) * 320 + 199.5
    wanted = np.arange(len(waveform) // FRAME) * FRAME + 319.5
    return np.stack([np.interp(wanted, middles, channel) for channel in steps.T], 1)


def loaded(folder: Path, **options: Any) -> Any:
    module, _ = load_public(folder, REGISTRY, role="audio_encoder", options=options)
    return module.eval()


def test_steps_are_mixed_at_the_middles_of_frames() -> None:
    steps = Steps.of((10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2))
    assert (steps.stride, steps.reach) == (320, 400)
    middles = torch.arange(20, dtype=torch.float64) * 320 + 199.5
    found = steps.at_frames(middles[None, :, None], 2, 7)[0, :, 0]
    assert found.tolist() == [t * 640 + 319.5 for t in range(2, 9)]
    assert steps.at_frames(middles[None, :, None], 9, 2)[0, :, 0].tolist() == [6079.5, 6279.5]
    odd = Steps.of((8, 4), (5, 3))
    assert (odd.stride, odd.reach) == (15, 23)
    middles = torch.arange(200, dtype=torch.float64) * 15 + 11
    found = odd.at_frames(middles[None, :, None], 1, 2)[0, :, 0]
    assert found.tolist() == pytest.approx([959.5, 1599.5])


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("layer", [0, 1, 3])
def test_one_window_is_what_transformers_gives(
    hub: Any, folders: dict[str, Path], name: str, layer: int
) -> None:
    encoder = loaded(folders[name], layers=[layer], **ONE_WINDOW)
    waveform = speech(9)
    with torch.no_grad():
        audio = encoder(waveform)
    silence = torch.zeros(5 * FRAME)
    wanted = published(hub, folders[name], torch.cat([waveform[0], silence]), layer)[:9]
    assert audio.shape == (1, 9, 16)
    assert wanted.std() > 0.1
    np.testing.assert_allclose(audio[0].numpy(), wanted, atol=2e-5)


def test_longer_recordings_are_heard_in_windows(hub: Any, folders: dict[str, Path]) -> None:
    folder = folders["hubert-base"]
    encoder = loaded(folder, chunk_frames=6, past_frames=4, future_frames=3)
    assert encoder.look_ahead_frames == 8
    waveform = speech(20)
    with torch.no_grad():
        audio = encoder(waveform)[0].numpy()
        cut = [encoder.stream(waveform[:, :9999])]
        cut += [encoder.stream(waveform[:, 9999:], cut[0].state, final=True)]
    padded = torch.cat([waveform[0], torch.zeros(3 * FRAME)])
    for first, last in ((0, 6), (6, 12), (12, 18), (18, 20)):
        begin = max(0, first - 4)
        window = padded[begin * FRAME : (last + 3) * FRAME]
        wanted = published(hub, folder, window, 3)[first - begin : last - begin]
        np.testing.assert_allclose(audio[first:last], wanted, atol=2e-5)
    streamed = torch.cat([piece.audio for piece in cut], 1)[0].numpy()
    assert cut[0].audio.shape[1] == 12  # 15 whole frames: two windows and the 3 frames after
    np.testing.assert_allclose(streamed, audio, atol=1e-5)


def test_layers_are_mixed_equally_at_first(folders: dict[str, Path]) -> None:
    folder, waveform = folders["wavlm-base"], speech(6)
    with torch.no_grad():
        each = [loaded(folder, layers=[k], **ONE_WINDOW)(waveform) for k in (0, 2, 3)]
        mixture = loaded(folder, layers=[-1, 0, 2], **ONE_WINDOW)
        assert torch.allclose(mixture(waveform), sum(each) / 3, atol=1e-5)
        mixture.network.mix[0] = 50.0
        assert torch.allclose(mixture(waveform), each[0], atol=1e-5)


def test_what_is_tuned(folders: dict[str, Path]) -> None:
    def trained(**options: Any) -> dict[str, Tensor]:
        encoder = loaded(folders["wav2vec2-large"], **options, **ONE_WINDOW).train()
        assert not encoder.network.model.training  # no dropout, no masks
        audio = encoder(speech(4))
        if audio.requires_grad:
            audio.square().sum().backward()
        named = encoder.named_parameters()
        return {name: p.grad for name, p in named if p.requires_grad}

    assert trained() == {}
    assert list(trained(layers=[1, 3])) == ["network.mix"]
    most = trained(tuned="transformer", layers=[2])
    assert not [name for name in most if "feature_extractor" in name]
    assert not [name for name in most if "layers.2." in name or name.endswith("encoder.layer_norm")]
    assert [name for name in most if "layers.1." in name]
    everything = trained(tuned="everything")
    assert "network.model.feature_extractor.conv_layers.0.conv.weight" in everything
    assert all(grad is not None and grad.any() for grad in (*most.values(), *everything.values()))


def test_heads_and_old_names(hub: Any, folders: dict[str, Path], tmp_path: Path) -> None:
    """A model with a head, saved by an old PyTorch in ``pytorch_model.bin``."""
    folder = folders["wav2vec2-base"]
    state = load_file(folder / "model.safetensors")
    old = {}
    for name, tensor in state.items():
        name = name.replace("parametrizations.weight.original0", "weight_g")
        old["wav2vec2." + name.replace("parametrizations.weight.original1", "weight_v")] = tensor
    assert len([name for name in old if name.endswith(("weight_g", "weight_v"))]) == 2
    old |= {"lm_head.weight": torch.zeros(3, 16), "wav2vec2.masked_spec_embed": torch.zeros(16)}
    torch.save(old, tmp_path / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    (fitting,) = fits_of(read_weights_file(tmp_path), REGISTRY)
    assert fitting.fit.part == "wav2vec2"
    assert fitting.fit.notes[0].startswith("no preprocessor_config.json")
    assert fitting.fit.notes[1].startswith("2 tensors are not used")
    with torch.no_grad():
        one, other = (loaded(place, **ONE_WINDOW)(speech(5)) for place in (tmp_path, folder))
    assert torch.equal(one, other)


def test_in_a_recipe(folders: dict[str, Path]) -> None:
    structurer = Structurer(REGISTRY)
    value = {"type": "wav2vec2", "weights": str(folders["wavlm-base"]), "layers": [1, 2]}
    chosen, faults = structurer.choose("audio_encoder", value)
    assert not faults
    assert chosen is not None
    config: Any = chosen.config
    assert (config.network, config.width, config.layers) == ("wavlm", 16, (1, 2))
    assert (config.buckets, config.standardise) == (8, False)
    assert chosen.weights is not None
    assert chosen.weights.path == folders["wavlm-base"] / "model.safetensors"
    _, faults = structurer.choose("audio_encoder", {**value, "width": 32})
    assert "contradicts the weights; expected 16, got 32" in faults[0].line()


def test_converted_it_needs_its_folder_no_more(folders: dict[str, Path], tmp_path: Path) -> None:
    own = tmp_path / "speech.safetensors"
    facts = convert_weights(folders["hubert-odd"], own, REGISTRY)
    assert facts["source"]["architecture"] == "hubert, 3 blocks of 16"
    with torch.no_grad():
        wanted = loaded(folders["hubert-odd"])(speech(30))
        assert torch.equal(load_component(own, REGISTRY).eval()(speech(30)), wanted)
    value = {"type": "wav2vec2", "weights": str(own), "layers": [1], "tuned": "transformer"}
    chosen, faults = Structurer(REGISTRY).choose("audio_encoder", value)
    assert not faults
    assert chosen is not None
    assert chosen.config.layers == (1,)  # type: ignore[attr-defined]


def test_inspect_and_list(folders: dict[str, Path]) -> None:
    facts = describe_file(folders["wav2vec2-base"], REGISTRY)
    (held,) = facts["holds"]
    assert (held["family"], held["component"]) == ("wav2vec2-huggingface", "wav2vec2")
    assert held["licence"] == "Apache-2.0"  # of the public folder of this name
    found = {
        file.name: path
        for _, file, path in known_files(REGISTRY, [folders["wav2vec2-base"].parent])
    }
    assert found["wav2vec2-base"] == folders["wav2vec2-base"]
    assert found["wavlm-large"] == folders["wavlm-large"]
    assert found["hubert-base-ls960"] is None


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """None of these needs transformers."""
    with pytest.raises(InputError, match=r"without a weight file; expected model\.safetensors or"):
        read_weights_file(tmp_path)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text("{}")
    with pytest.raises(CheckpointError, match="split into several files"):
        read_weights_file(tmp_path)
    name = "wav2vec2.feature_extractor.conv_layers.0.conv.weight"
    save_file({name: torch.zeros(2)}, tmp_path / "model.safetensors")
    file = read_weights_file(tmp_path)
    with pytest.raises(CheckpointError, match=r"its sizes stand in config\.json: put that file"):
        fits_of(file, REGISTRY)
    about = tmp_path / "config.json"
    for content, problem in (
        ("[]", "is no mapping"),
        ("{", r"config\.json: cannot be read"),
        ('{"model_type": "wav2vec2-conformer"}', "did you mean 'wav2vec2'"),
        ('{"model_type": "wavlm", "hidden_size": "wide"}', "hidden_size is wrong: 'wide'"),
    ):
        about.write_text(content)
        with pytest.raises(CheckpointError, match=problem):
            fits_of(file, REGISTRY)
    about.write_text('{"model_type": "wav2vec2"}')
    more = {
        name: torch.zeros(2),
        "wav2vec2.encoder.layers.0.adapter_layer.norm.bias": torch.ones(1),
    }
    save_file(more, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="adapters for languages"):
        fits_of(read_weights_file(tmp_path), REGISTRY)


def test_options_that_do_not_go_together(hub: Any) -> None:
    from styletalker.plugins.wav2vec2.config import Wav2Vec2EncoderConfig
    from styletalker.plugins.wav2vec2.encoder import Wav2Vec2Encoder

    tiny: dict[str, Any] = {"width": 16, "blocks": 2, "heads": 2, "position_groups": 2}
    for wrong, message in (
        ({"layers": (3,)}, "layers; expected one or more layers from 0 to 2.*got 3"),
        ({"layers": ()}, "layers; expected one or more layers"),
        ({"heads": 3}, "heads; expected a divisor of the width, 16, got 3"),
        ({"position_groups": 5}, "position_groups; expected a divisor of the width"),
        ({"conv_kernels": (10, 3)}, "differ in length"),
    ):
        with pytest.raises(ConfigError, match=message):
            Wav2Vec2Encoder(Wav2Vec2EncoderConfig(**{**tiny, **wrong}))


def test_without_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styletalker.core.registry._importable", lambda module: False)
    with pytest.raises(PluginError, match=r"pip install 'styletalker\[wav2vec2\]'"):
        REGISTRY.load("audio_encoder", "wav2vec2")
