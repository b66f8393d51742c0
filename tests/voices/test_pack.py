"""Voice packs: what is saved is loaded, and every damage and mismatch is a VoiceError that names
both sides.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save, save_file

from tests.tiny_voice import make_tiny_voice
from vocoder.errors import ConfigError, VoiceError
from vocoder.text import Lexicon
from vocoder.text.features import feature_hash
from vocoder.text.inventory import PHONEMES
from vocoder.voices.library import MANIFEST
from vocoder.voices.pack import (
    ACOUSTIC_WEIGHTS,
    LEXICON,
    MODEL_CARD,
    VOCODER_WEIGHTS,
    read_manifest,
    read_pack,
    save_pack,
)


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    """A pack of one's own, to be spoiled."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "tiny"))


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((folder / MANIFEST).read_text())
    change(document)
    (folder / MANIFEST).write_text(json.dumps(document))


def replace_weights(folder: Path, name: str, data: bytes) -> None:
    """Other weights, with a manifest that vouches for them."""
    (folder / name).write_bytes(data)
    edit(
        folder,
        lambda document: document["weights"].update({name: hashlib.sha256(data).hexdigest()}),
    )


def test_what_is_saved_is_loaded(folder: Path, tmp_path: Path) -> None:
    pack = read_pack(folder)
    save_pack(
        tmp_path / "again",
        pack.manifest,
        pack.acoustic_model,
        pack.network,
        card="# Card",
        half=False,
    )
    again = read_pack(tmp_path / "again")
    assert again.manifest == pack.manifest
    for model, twin in ((pack.acoustic_model, again.acoustic_model), (pack.network, again.network)):
        assert not twin.training
        for name, tensor in model.state_dict().items():
            assert tensor.dtype == torch.float32
            torch.testing.assert_close(twin.state_dict()[name], tensor, rtol=0, atol=0)
    assert (tmp_path / "again" / MODEL_CARD).read_text() == "# Card"


def test_a_pack_may_have_a_lexicon_that_its_manifest_vouches_for(folder: Path) -> None:
    pack = read_pack(folder)
    assert pack.lexicon is None
    lexicon = Lexicon.of({"SQL": "ˈsiːkwəl", "WHO": {"alias": "World Health Organization"}})
    save_pack(
        folder, pack.manifest, pack.acoustic_model, pack.network, card="# Card", lexicon=lexicon
    )
    assert read_pack(folder).lexicon == lexicon
    assert read_manifest(folder) == pack.manifest
    (folder / LEXICON).write_text("{}")
    with pytest.raises(VoiceError, match=r"lexicon\.json: damaged, or another release's"):
        read_pack(folder)
    (folder / LEXICON).write_text("[]")
    edit(folder, lambda document: document.update(lexicon=hashlib.sha256(b"[]").hexdigest()))
    with pytest.raises(VoiceError, match=r"lexicon\.json: the lexicon is not a JSON object"):
        read_pack(folder)
    (folder / LEXICON).unlink()
    with pytest.raises(VoiceError, match=r"lexicon\.json: cannot be read"):
        read_pack(folder)
    edit(folder, lambda document: document.update(lexicon=3))
    with pytest.raises(VoiceError, match="'lexicon' must give the SHA-256"):
        read_pack(folder)
    save_pack(
        folder, pack.manifest, pack.acoustic_model, pack.network, card="# Card", lexicon=lexicon
    )
    save_pack(folder, pack.manifest, pack.acoustic_model, pack.network, card="# Card")
    assert read_pack(folder).lexicon is None
    (folder / LEXICON).write_text("{}")
    with pytest.raises(VoiceError, match=r"voice\.json names no lexicon"):
        read_pack(folder)


def test_half_precision_halves_the_size_and_rounds_to_eleven_bits(
    folder: Path, tmp_path: Path
) -> None:
    pack = read_pack(folder)
    with torch.no_grad():
        pack.network.skip.weight.add_(1e-5)  # something that fp16 has to round
    save_pack(tmp_path / "half", pack.manifest, pack.acoustic_model, pack.network, card="")
    save_pack(
        tmp_path / "full", pack.manifest, pack.acoustic_model, pack.network, card="", half=False
    )
    sizes = [(tmp_path / which / VOCODER_WEIGHTS).stat().st_size for which in ("half", "full")]
    assert sizes[0] < 0.6 * sizes[1]
    torch.testing.assert_close(
        read_pack(tmp_path / "half").network.skip.weight,
        pack.network.skip.weight,
        rtol=2**-11,
        atol=1e-7,
    )


def test_the_same_voice_is_the_same_files(tiny_folder: Path, tmp_path: Path) -> None:
    again = make_tiny_voice(tmp_path / "tiny")
    for name in (MANIFEST, MODEL_CARD, ACOUSTIC_WEIGHTS, VOCODER_WEIGHTS):
        assert (again / name).read_bytes() == (tiny_folder / name).read_bytes()


SPOILED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another format": (lambda d: d.update(format_version=2),
    r"format version 2, and this release reads versions 3 to 4"),
    "no format": (lambda d: d.pop("format_version"), r"format version None"),
    "other features": (lambda d: d.update(feature_hash="0123"),
    rf"feature_hash 0123, and this release computes {feature_hash()}"),
    "other phonemes": (lambda d: d["phonemes"].append("!"),
    rf"'!'\), and this release computes .*{PHONEMES[-1]}"),
    "unknown key": (lambda d: d.update(colour="red"), r"unknown keys \['colour'\]"),
    "unknown inner key": (lambda d: d["audio"].update(colour="red"),
    r"AudioConfig: unknown keys \['colour'\]"),
    "missing key": (lambda d: d.pop("licence"), r"missing keys \['licence'\]"),
    "a string for a number": (lambda d: d["audio"].update(sample_rate="8000"),
    r"audio\.sample_rate must be a whole number, not '8000'"),
    "a fraction for a whole number": (lambda d: d["wavenet"].update(num_layers=4.5),
    r"wavenet\.num_layers must be a whole number, not 4\.5"),
    "true for a number": (lambda d: d.update(temperature=True),
    r"temperature must be a number, not True"),
    "a number for a name": (lambda d: d.update(name=7), r"name must be a string, not 7"),
    "a string for a list": (lambda d: d.update(speakers="anna"), r"speakers must be a list"),
    "a list of wrong things": (lambda d: d.update(speakers=["anna", 3]),
    r"speakers\[1\] must be a string"),
    "a string for a price": (lambda d: d["precision_prices"].update(int8="low"),
    r"precision_prices\.int8 must be a number, not 'low'"),
    "a list for an object": (lambda d: d.update(audio=[]), r"audio must be an object"),
    "an unknown output": (lambda d: d["wavenet"].update(output="guess"),
    r"wavenet\.output must be one of"),
    "mels that differ": (lambda d: d["audio"].update(n_mels=40),
    r"n_mels differs .*\(40, 20, 20\)"),
    "hops that differ": (lambda d: d["audio"].update(hop_length=40),
    r"hop_length differs .*\(40, 80\)"),
    "a speaker too many": (lambda d: d["speakers"].append("eve"),
    r"number of speakers differs .*\(3, 2, 2\)"),
    "two speakers of one name": (lambda d: d.update(speakers=["anna", "anna"]), r"same name"),
    "a temperature out of range": (lambda d: d.update(temperature=3),
    r"temperature must lie in 0\.\.2, not 3"),
    "a ratio out of range": (lambda d: d.update(voiced_temperature_ratio=-1),
    r"voiced_temperature_ratio must lie in 0\.\.1"),
    "nonsense settings": (lambda d: d["audio"].update(f_max=9_000), r"f_max"),
    "no fingerprints": (lambda d: d.pop("weights"), r"'weights' must give"),
    "layers without end": (lambda d: d["acoustic"].update(encoder_layers=10_000_000),
    r"encoder_layers must lie in 1\.\.256"),
    "blocks without end": (lambda d: d["wavenet"].update(num_layers=20_000_000),
    r"num_layers must lie in 1\.\.256"),
    "dilations without end": (lambda d: d["wavenet"].update(num_layers=128, num_cycles=1),
    r"a cycle has at most 20 layers"),
    "a transform without end": (lambda d: d["audio"].update(n_fft=2**40),
    r"n_fft must lie in 2\.\.65536"),
    "a lag without end": (lambda d: d["wavenet"].update(max_lag=10**12),
    r"max_lag must lie in 0\.\.65536"),
    "a rate without end": (lambda d: d["audio"].update(sample_rate=10**18, f_max=8_000.0),
    r"sample_rate must lie in 4000\.\.192000"),
    "a name of two lines": (lambda d: d.update(name="a\nb"), r"name must be letters, digits"),
    "a name that is a path": (lambda d: d.update(name="../b"), r"name must be letters, digits"),
    "a speaker of two lines": (lambda d: d.update(speakers=["anna", "ot\nto"]),
    r"speakers must be 1\.\.200 printable"),
    "a release that is none": (lambda d: d.update(release=""), r"release must be 1\.\.200"),
    "a bigger network": (lambda d: d["wavenet"].update(skip_channels=24),
    r"head1\.weight is of shape \[16, 16\] in the file and of shape \[16, 24\] by"),
    "a deeper network": (lambda d: d["wavenet"].update(num_layers=6),
    r"is absent in the file and of shape|is of shape .* in the file and of shape"),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILED)
def test_a_manifest_that_does_not_fit_is_refused(folder: Path, what: str) -> None:
    change, reason = SPOILED[what]
    edit(folder, change)
    with pytest.raises(VoiceError, match=reason) as caught:
        read_pack(folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "must hold a JSON object"),
        ('{"a": NaN}', "NaN"),
        ("[" * 200_000, "cannot be read"),
        ('{"a": "' + "a" * 2**20 + '"}', "is larger than"),
    ],
)
def test_a_manifest_that_is_no_json_object_is_refused(
    folder: Path, contents: str, reason: str
) -> None:
    (folder / MANIFEST).write_text(contents)
    with pytest.raises(VoiceError, match=reason):
        read_manifest(folder)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda tensor: tensor.to(torch.int32), "is of int32, not float16 or float32"),
        (lambda tensor: tensor * float("inf"), "has a weight that is not finite"),
    ],
)
def test_weights_that_are_none_are_refused(
    folder: Path, spoil: Callable[[torch.Tensor], torch.Tensor], reason: str
) -> None:
    path = folder / VOCODER_WEIGHTS
    tensors = load_file(path)
    name = next(iter(tensors))
    save_file(tensors | {name: spoil(tensors[name] + 1)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(folder, lambda d: d["weights"].update({VOCODER_WEIGHTS: digest}))
    with pytest.raises(VoiceError, match=reason):
        read_pack(folder)


def test_a_folder_without_a_voice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match=r"holds no voice \(voice\.json is missing\)"):
        read_pack(tmp_path)
    with pytest.raises(VoiceError, match="holds no voice"):
        read_pack(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [ACOUSTIC_WEIGHTS, VOCODER_WEIGHTS])
def test_damaged_weights_are_refused(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(VoiceError, match="damaged, or another release's"):
        read_pack(folder)
    (folder / name).unlink()
    with pytest.raises(VoiceError, match=f"{name}: cannot be read"):
        read_pack(folder)


def test_weights_of_the_other_model_are_refused(folder: Path) -> None:
    replace_weights(folder, VOCODER_WEIGHTS, (folder / ACOUSTIC_WEIGHTS).read_bytes())
    with pytest.raises(VoiceError, match="absent"):
        read_pack(folder)


def test_a_weight_too_many_is_refused(folder: Path) -> None:
    tensors = {"extra": torch.zeros(3)} | read_pack(folder).network.state_dict()
    replace_weights(folder, VOCODER_WEIGHTS, save(tensors))
    with pytest.raises(
        VoiceError, match=r"extra is of shape \[3\] in the file and absent by voice\.json"
    ):
        read_pack(folder)


class Bomb:
    """Unpickling it would run code."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("code from a voice pack was run",))


def test_no_code_of_a_pack_is_run(folder: Path) -> None:
    replace_weights(folder, VOCODER_WEIGHTS, pickle.dumps(Bomb()))
    with pytest.raises(VoiceError, match="not a safetensors file"):
        read_pack(folder)


def test_a_manifest_of_other_models_is_not_saved(folder: Path, tmp_path: Path) -> None:
    pack = read_pack(folder)
    other = dataclasses.replace(
        pack.manifest, wavenet=dataclasses.replace(pack.manifest.wavenet, skip_channels=24)
    )
    with pytest.raises(VoiceError, match="wavenet config is not the model's"):
        save_pack(tmp_path / "other", other, pack.acoustic_model, pack.network, card="")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("value", [70_000.0, float("nan")])
def test_weights_that_fp16_cannot_hold_are_not_saved(
    folder: Path, tmp_path: Path, value: float
) -> None:
    pack = read_pack(folder)
    with torch.no_grad():
        pack.network.skip.bias[0] = value
    with pytest.raises(VoiceError, match=r"fp16, in skip\.bias"):
        save_pack(tmp_path / "other", pack.manifest, pack.acoustic_model, pack.network, card="")
    assert not (tmp_path / "other" / MANIFEST).exists()


def test_a_pack_whose_replacement_was_interrupted_is_found_out(folder: Path) -> None:
    """New weights beside the old manifest, as a copy that was cut off leaves them."""
    pack = read_pack(folder)
    with torch.no_grad():
        pack.network.skip.bias[0] += 1
    save_pack(folder.parent / "new", pack.manifest, pack.acoustic_model, pack.network, card="")
    shutil.copy(folder.parent / "new" / VOCODER_WEIGHTS, folder)
    with pytest.raises(VoiceError, match="another release's"):
        read_pack(folder)


def test_parts_that_contradict_each_other_are_no_manifest(tiny_folder: Path) -> None:
    with pytest.raises(ConfigError, match="number of speakers"):
        dataclasses.replace(read_manifest(tiny_folder), speakers=("anna",))
