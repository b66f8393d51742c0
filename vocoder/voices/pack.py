"""Voice packs: everything a server must know of a voice, in one folder.

    voice.json              the manifest: settings of sound and networks, speakers, licence, and
                            fingerprints of the weights
    acoustic.safetensors    weights of the acoustic model
    vocoder.safetensors     weights of the WaveNet
    README.md               the model card, for people
    lexicon.json            words that this voice says in their own way; most have none

Loading runs no code from a pack: JSON and safetensors hold data and nothing else. Weights may be
stored in fp16 and are computed with in fp32. voice.json is written last and names the SHA-256 of
the weights and of the lexicon, so a pack that was copied by half, or whose weights are another
release's, is found out.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

import vocoder.acoustic.native_model
import vocoder.acoustic.weights
import vocoder.wavenet.conditioner
import vocoder.wavenet.weights
from vocoder.acoustic.native_model import Acoustic, NativeAcousticModel
from vocoder.acoustic.weights import AcousticWeights
from vocoder.audio.whole_file import whole_file
from vocoder.config import AcousticConfig, AudioConfig, Config, WaveNetConfig
from vocoder.errors import ConfigError, InputError, VoiceError
from vocoder.stored_weights import StateDict, StoredWeights
from vocoder.text.features import category_sizes, feature_hash
from vocoder.text.inventory import PHONEMES
from vocoder.text.lexicon import Lexicon, from_json, to_json
from vocoder.voices.library import MANIFEST, NAME
from vocoder.voices.strict_json import check_types
from vocoder.wavenet.conditioner import Conditioner, NativeConditioner
from vocoder.wavenet.weights import WaveNetWeights

if TYPE_CHECKING:  # which need torch
    from vocoder.acoustic.model import AcousticModel
    from vocoder.wavenet.network import WaveNet

FORMAT_VERSION = 4
READABLE_VERSIONS = (3, FORMAT_VERSION)
MODEL_CARD = "README.md"
MOST_INTONATION = 3.0
_LARGEST_MANIFEST = 2**20  # bytes
_LONGEST_NAME = 200  # characters
MOST_PASSES = 4  # each delays the sound by some frames
LEXICON = "lexicon.json"
ACOUSTIC_WEIGHTS, VOCODER_WEIGHTS = "acoustic.safetensors", "vocoder.safetensors"


@dataclass(frozen=True, kw_only=True)
class PrecisionPrices(Config):
    """What less exact arithmetic costs this voice: bits per sample more than in fp32 on held-out
    speech, measured through the engine when the voice was exported. None: not measured, so not
    chosen unless asked for.
    """

    bf16: float | None = None
    int8: float | None = None

    def fastest_within(self, limit: float, precisions: Sequence[str]) -> str:
        """Of an engine's `precisions` the fastest that costs at most `limit` bits per sample; fp32,
        which costs nothing, where there is none.
        """
        for name, price in (("int8", self.int8), ("bf16", self.bf16)):
            if name in precisions and price is not None and price <= limit:
                return name
        return "fp32"


@dataclass(frozen=True, kw_only=True)
class PackManifest(Config):
    """What voice.json says of a voice.

    A new voice takes `format_version`, `phonemes` and `feature_hash` as they are here: they say
    what this release computes.
    """

    format_version: int = FORMAT_VERSION
    name: str  # what requests call the voice
    release: str  # the same text, seed and release of a voice is the same sound, for ever
    language: str  # espeak-ng's name of it
    licence: str  # SPDX identifier of the voice's own licence
    speakers: tuple[str, ...]  # names, in the order of their indices
    temperature: float = 1.0  # sampling temperature of requests that name none, 0..2
    voiced_temperature_ratio: float = (
        1.0  # voiced frames are sampled at this times the temperature, 0..1
    )
    intonation: float = (
        1.0  # times which the predicted pitch departs from its mean in the sentence, 0..3
    )
    # of `vocoder.audio.correction` in speech from text, 0..4; 0 is the network's sound as it is
    correction_passes: int = 0
    copy_correction_passes: int = 0  # the same where the spectrum is a recording's own
    precision_prices: PrecisionPrices = PrecisionPrices()
    audio: AudioConfig
    acoustic: AcousticConfig
    wavenet: WaveNetConfig
    phonemes: tuple[str, ...] = PHONEMES
    feature_hash: str = dataclasses.field(default_factory=feature_hash)

    def __post_init__(self) -> None:
        for name, values in {
            "n_mels": (self.audio.n_mels, self.acoustic.n_mels, self.wavenet.n_mels),
            "hop_length": (self.audio.hop_length, self.wavenet.hop_length),
            "number of speakers": (
                len(self.speakers),
                self.acoustic.num_speakers,
                self.wavenet.num_speakers,
            ),
            "category_sizes": (
                self.acoustic.linguistic.category_sizes,
                self.wavenet.linguistic.category_sizes,
            ),
        }.items():
            if len(set(values)) != 1:
                raise ConfigError(
                    f"{name} differs between the parts of voice {self.name!r}: {values}"
                )
        if not NAME.fullmatch(self.name):
            raise ConfigError(f"name must be letters, digits and . _ -, not {self.name!r}")
        for what, said in (
            ("release", self.release),
            ("language", self.language),
            ("licence", self.licence),
            *(("speakers", speaker) for speaker in self.speakers),
        ):
            if not (said.isprintable() and 0 < len(said) <= _LONGEST_NAME):
                raise ConfigError(
                    f"{what} must be 1..{_LONGEST_NAME} printable characters, not {said!r}"
                )
        if len(set(self.speakers)) != len(self.speakers):
            raise ConfigError(
                f"two speakers of voice {self.name!r} have the same name: {self.speakers}"
            )
        if not 0 <= self.temperature <= 2:
            raise ConfigError(f"temperature must lie in 0..2, not {self.temperature}")
        if not 0 <= self.voiced_temperature_ratio <= 1:
            raise ConfigError(
                f"voiced_temperature_ratio must lie in 0..1, not {self.voiced_temperature_ratio}"
            )
        if not 0 <= self.intonation <= MOST_INTONATION:
            raise ConfigError(
                f"intonation must lie in 0..{MOST_INTONATION:g}, not {self.intonation}"
            )
        for name, passes in (
            ("correction_passes", self.correction_passes),
            ("copy_correction_passes", self.copy_correction_passes),
        ):
            if not 0 <= passes <= MOST_PASSES:
                raise ConfigError(f"{name} must lie in 0..{MOST_PASSES}, not {passes}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Pack:
    """A voice pack in memory.

    What speaks is made of the weights: in C++ where that was compiled, and in torch elsewhere. The
    torch modules are there for whoever trains, measures or uses a GPU, and are made when they are
    asked for.

    Attributes:
        manifest: what the pack says of itself.
        acoustic_weights: of the acoustic model.
        wavenet: weights of the WaveNet; engines are made of them.
        acoustic: the acoustic model that speaks.
        conditioner: what makes the WaveNet's conditioning.
        lexicon: words that the voice says in their own way; a request's own goes over it.
    """

    manifest: PackManifest
    acoustic_weights: AcousticWeights
    wavenet: WaveNetWeights
    acoustic: Acoustic
    conditioner: Conditioner
    lexicon: Lexicon | None = None

    @cached_property
    def acoustic_model(self) -> AcousticModel:
        """The acoustic model as a torch module, with copies of the weights."""
        from vocoder.acoustic.model import AcousticModel

        return AcousticModel.of(self.acoustic_weights)

    @cached_property
    def network(self) -> WaveNet:
        """The WaveNet as a torch module, with copies of the weights."""
        from vocoder.wavenet.network import WaveNet

        return WaveNet.of(self.wavenet)

    def lexicon_below(self, over: Lexicon | None) -> Lexicon | None:
        """All that counts: another lexicon, and where that does not have a word, the voice's
        own.
        """
        return self.lexicon if over is None else over.over(self.lexicon)


def save_pack(
    folder: Path | str,
    manifest: PackManifest,
    acoustic: AcousticModel,
    network: WaveNet,
    *,
    card: str,
    lexicon: Lexicon | None = None,
    half: bool = True,
) -> None:
    """Writes a voice pack; one that is there already is replaced, its manifest last.

    Args:
        folder: made if missing.
        manifest: must describe the two models.
        acoustic: the model whose weights are stored; on any device.
        network: likewise.
        card: Markdown of README.md: data, licence, training cost, measured quality.
        lexicon: words that the voice says in their own way; None: it has none, and one that was
            there goes.
        half: store in fp16, half the size; the price in bits per sample is too small to measure
            with trained weights.

    Raises:
        VoiceError: the manifest's configs are not those of the models, or a weight does not fit
            into fp16.
    """
    for what, said, made in (
        ("acoustic", manifest.acoustic, acoustic.config),
        ("wavenet", manifest.wavenet, network.config),
    ):
        if said != made:
            raise VoiceError(f"the manifest's {what} config is not the model's: {said} and {made}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        ACOUSTIC_WEIGHTS: _weights(acoustic, half=half),
        VOCODER_WEIGHTS: _weights(network, half=half),
        MODEL_CARD: card.encode(),
    }
    weights = {
        name: hashlib.sha256(contents[name]).hexdigest()
        for name in (ACOUSTIC_WEIGHTS, VOCODER_WEIGHTS)
    }
    document: dict[str, Any] = manifest.to_dict() | {"weights": weights}
    if lexicon is not None:
        contents[LEXICON] = to_json(lexicon).encode()
        document["lexicon"] = hashlib.sha256(contents[LEXICON]).hexdigest()
    contents[MANIFEST] = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    for name, data in contents.items():
        with whole_file(folder / name) as file:
            file.write(data)
    if lexicon is None:
        (folder / LEXICON).unlink(missing_ok=True)


def read_manifest(folder: Path | str) -> PackManifest:
    """What a pack says of itself, without its weights.

    Raises:
        VoiceError: there is no pack, it is damaged, or it was made for another format or other
            features than this release's.
    """
    return _read_document(Path(folder))[0]


def read_pack(folder: Path | str) -> Pack:
    """Loads a voice pack.

    Raises:
        VoiceError: as `read_manifest`; or the weights or the lexicon are missing, damaged, or not
            those that the manifest describes.
    """
    folder = Path(folder)
    manifest, digests = _read_document(folder)
    lexicon = _read_lexicon(folder / LEXICON, digests.get(LEXICON))
    acoustic = AcousticWeights(
        config=manifest.acoustic,
        arrays=_read_weights(
            folder / ACOUSTIC_WEIGHTS,
            digests[ACOUSTIC_WEIGHTS],
            vocoder.acoustic.weights.shapes_of(manifest.acoustic),
        ),
    )
    wavenet = WaveNetWeights(
        config=manifest.wavenet,
        arrays=_read_weights(
            folder / VOCODER_WEIGHTS,
            digests[VOCODER_WEIGHTS],
            vocoder.wavenet.weights.shapes_of(manifest.wavenet),
        ),
    )
    return Pack(
        manifest=manifest,
        acoustic_weights=acoustic,
        wavenet=wavenet,
        acoustic=_acoustic_of(acoustic),
        conditioner=_conditioner_of(wavenet),
        lexicon=lexicon,
    )


def _acoustic_of(weights: AcousticWeights) -> Acoustic:
    if vocoder.acoustic.native_model.runs_natively(weights.config):
        return NativeAcousticModel(weights)
    _check_torch()
    from vocoder.acoustic.model import AcousticModel

    return AcousticModel.of(weights)


def _conditioner_of(weights: WaveNetWeights) -> Conditioner:
    if vocoder.wavenet.conditioner.runs_natively(weights.config):
        return NativeConditioner(weights)
    _check_torch()
    from vocoder.wavenet.network import WaveNet
    from vocoder.wavenet.torch_conditioner import TorchConditioner

    return TorchConditioner(WaveNet.of(weights))


def _check_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise VoiceError(
            "where nothing was compiled for a voice it is computed with torch, which is not "
            "installed: pip install 'sonant[reference]'"
        )


def _weights(model: StateDict, *, half: bool) -> bytes:
    arrays = StoredWeights.of_module(model).by_name()
    if half:
        with np.errstate(over="ignore"):  # an infinity is refused below
            arrays = {name: array.astype(np.float16) for name, array in arrays.items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise VoiceError(
                f"{type(model).__name__} has a weight that is not finite, or too large for fp16, "
                f"in {name}"
            )
    data: bytes = save(arrays)
    return data


def _read_document(folder: Path) -> tuple[PackManifest, dict[str, str]]:
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_MANIFEST + 1)
        if len(data) > _LARGEST_MANIFEST:
            raise VoiceError(f"{path}: is larger than {_LARGEST_MANIFEST} bytes")
        document = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError as error:
        raise VoiceError(f"{folder}: holds no voice ({MANIFEST} is missing)") from error
    except (OSError, ValueError, RecursionError) as error:
        raise VoiceError(f"{path}: cannot be read ({error})") from error
    if not isinstance(document, dict):
        raise VoiceError(f"{path}: must hold a JSON object")
    version = document.get("format_version")
    if version not in READABLE_VERSIONS:
        raise VoiceError(
            f"{path}: has format version {version!r}, and this release reads versions "
            f"{READABLE_VERSIONS[0]} to {FORMAT_VERSION}"
        )
    if version == 3:
        document = _from_version_3(document)
    digests = document.pop("weights", None)
    names = {ACOUSTIC_WEIGHTS, VOCODER_WEIGHTS}
    if (
        not isinstance(digests, dict)
        or set(digests) != names
        or not all(isinstance(digest, str) for digest in digests.values())
    ):
        raise VoiceError(f"{path}: 'weights' must give the SHA-256 of {sorted(names)}")
    lexicon = document.pop("lexicon", None)
    if lexicon is not None:
        if not isinstance(lexicon, str):
            raise VoiceError(f"{path}: 'lexicon' must give the SHA-256 of {LEXICON}")
        digests[LEXICON] = lexicon
    try:
        check_types(PackManifest, document)
        manifest = PackManifest.from_dict(document)
    except ConfigError as error:
        raise VoiceError(f"{path}: {error}") from error
    _check_features(path, manifest)
    return manifest, digests


def _from_version_3(document: dict[str, Any]) -> dict[str, Any]:
    """One number of passes for everything, and a decoder as wide as the encoder that is shown no
    harmonics.
    """
    changed = document | {"format_version": FORMAT_VERSION}
    if "correction_passes" in document:
        changed["copy_correction_passes"] = document["correction_passes"]
    acoustic = document.get("acoustic")
    if isinstance(acoustic, dict) and "channels" in acoustic:
        changed["acoustic"] = acoustic | {
            "decoder_channels": acoustic["channels"],
            "harmonic_steps": 0,
        }
    return changed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON has")


def _check_features(path: Path, manifest: PackManifest) -> None:
    """A voice that was trained on other features would speak nonsense without complaint: here it
    complains.
    """
    pairs: list[tuple[str, Any, Any]] = [
        ("phonemes", manifest.phonemes, PHONEMES),
        ("category_sizes", manifest.acoustic.linguistic.category_sizes, category_sizes()),
        ("feature_hash", manifest.feature_hash, feature_hash()),
    ]
    for name, theirs, ours in pairs:
        if theirs != ours:
            raise VoiceError(
                f"{path}: the voice was made for {name} {theirs}, and this release computes {ours}"
            )


def _read_named(path: Path, digest: str) -> bytes:
    """A file of the pack, which must be the one that the manifest names."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise VoiceError(f"{path}: cannot be read ({error.strerror})") from error
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        raise VoiceError(
            f"{path}: damaged, or another release's: its SHA-256 is {found}, and {MANIFEST} "
            f"names {digest}"
        )
    return data


def _read_lexicon(path: Path, digest: str | None) -> Lexicon | None:
    if digest is None:
        if path.exists():  # left out in silence, it would be missed
            raise VoiceError(f"{path}: is another release's: {MANIFEST} names no lexicon")
        return None
    try:
        return from_json(_read_named(path, digest).decode("utf-8"))
    except (UnicodeDecodeError, InputError) as error:
        raise VoiceError(f"{path}: {error}") from error


def _read_weights(
    path: Path, digest: str, expected: Mapping[str, tuple[int, ...]]
) -> StoredWeights:
    data = _read_named(path, digest)
    try:
        arrays = load(data)
    except SafetensorError as error:
        raise VoiceError(f"{path}: not a safetensors file ({error})") from error
    shapes = {name: array.shape for name, array in arrays.items()}
    for name in sorted(expected.keys() | shapes.keys()):
        if expected.get(name) != shapes.get(name):
            raise VoiceError(
                f"{path}: {name} is {_shape(shapes.get(name))} in the file and "
                f"{_shape(expected.get(name))} by {MANIFEST}"
            )
    for name, array in arrays.items():
        if array.dtype not in (np.float16, np.float32):
            raise VoiceError(f"{path}: {name} is of {array.dtype}, not float16 or float32")
        if not np.isfinite(array).all():
            raise VoiceError(f"{path}: {name} has a weight that is not finite")
    return StoredWeights(arrays)


def _shape(shape: tuple[int, ...] | None) -> str:
    return "absent" if shape is None else f"of shape {list(shape)}"
