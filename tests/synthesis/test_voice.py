"""The verbs of a voice: what changes the sound, and what must not."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.tiny_voice import AUDIO
from vocoder.acoustic.melody import Melody
from vocoder.audio.pcm import to_float32
from vocoder.engine import make_engine, native_built
from vocoder.errors import AudioError, EngineError, InputError
from vocoder.synthesis.voice import Voice, load_voice
from vocoder.text import Lexicon
from vocoder.voices.pack import PrecisionPrices, read_pack, save_pack
from vocoder.wavenet.torch_conditioner import TorchConditioner

TEXT = "Hi you."


def recording(seconds: float = 0.4) -> np.ndarray:
    t = np.arange(int(seconds * AUDIO.sample_rate)) / AUDIO.sample_rate
    return (0.3 * sum(np.sin(2 * np.pi * k * 150 * t) / k for k in range(1, 6))).astype(np.float32)


def test_the_same_seed_is_the_same_sound_and_another_is_another(voice: Voice) -> None:
    first, again, other = (voice.synthesize(TEXT, seed=seed) for seed in (1, 1, 2))
    assert first.dtype == np.int16
    assert first.ndim == 1
    np.testing.assert_array_equal(first, again)
    assert len(other) == len(first)
    assert np.mean(other != first) > 0.5


def test_a_lexicon_is_heard_whole_and_in_pieces(voice: Voice) -> None:
    lexicon = Lexicon.of({"cat": {"alias": "dog"}})
    expected = voice.synthesize("A dog.", seed=3)
    np.testing.assert_array_equal(voice.synthesize("A cat.", seed=3, lexicon=lexicon), expected)
    np.testing.assert_array_equal(
        np.concatenate(list(voice.stream("A cat.", seed=3, lexicon=lexicon))), expected
    )
    assert (
        len(voice.synthesize("A cat.", seed=3)) != len(expected)
        or (voice.synthesize("A cat.", seed=3) != expected).any()
    )


def test_without_a_seed_every_utterance_has_its_own_and_tells_it(voice: Voice) -> None:
    plan = voice.plan(TEXT)
    one, other = voice.utterance(plan), voice.utterance(plan)
    assert one.seed != other.seed
    heard = np.concatenate(list(voice.speak(one)))
    np.testing.assert_array_equal(heard, voice.synthesize(TEXT, seed=one.seed))


def test_temperature_zero_needs_no_randomness(voice: Voice) -> None:
    np.testing.assert_array_equal(
        voice.synthesize(TEXT, seed=1, temperature=0), voice.synthesize(TEXT, seed=2, temperature=0)
    )
    assert np.any(
        voice.synthesize(TEXT, seed=1, temperature=1)
        != voice.synthesize(TEXT, seed=1, temperature=0.5)
    )


def test_voiced_frames_are_sampled_cooler(voice: Voice) -> None:
    job = voice.utterance(voice.plan(TEXT), seed=1).job(1)
    assert set(np.round(job.temperatures, 5)) <= {
        np.float32(0.9),
        np.round(np.float32(0.9 * 0.8), 5),
    }
    job = voice.copy(voice.analyse(recording()), temperature=1.0, seed=1).job(1)
    assert np.float32(0.8) in job.temperatures


def test_speakers_sound_different(voice: Voice) -> None:
    anna, otto = (
        voice.synthesize(TEXT, seed=1, speaker="anna"),
        voice.synthesize(TEXT, seed=1, speaker="otto"),
    )
    assert len(anna) != len(otto) or np.any(anna != otto)
    np.testing.assert_array_equal(voice.synthesize(TEXT, seed=1), anna)


def test_slower_speech_is_longer(voice: Voice) -> None:
    assert (
        1.8
        < len(voice.synthesize(TEXT, seed=1, length_scale=2.0))
        / len(voice.synthesize(TEXT, seed=1))
        < 2.2
    )


def test_the_number_of_torch_threads_changes_nothing_and_is_left_alone(voice: Voice) -> None:
    before = torch.get_num_threads()
    try:
        heard = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            heard.append(voice.synthesize(TEXT, seed=1))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(*heard)


def test_all_that_torch_computes_runs_in_one_thread(
    voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums of several threads have no fixed order. A network of this size is not shared out, so
    what is looked at is what torch was told.
    """
    network, acoustic = voice.pack.network, voice.pack.acoustic_model
    in_torch = Voice(
        pack=dataclasses.replace(
            voice.pack, acoustic=acoustic, conditioner=TorchConditioner(network)
        ),
        engine=make_engine(network, "reference"),
    )
    used = []
    for model, name in (
        (network, "condition"),
        (network, "log_prob"),
        (acoustic, "encode"),
        (acoustic, "predict_log_durations"),
        (acoustic, "predict_log_mel"),
    ):
        method = getattr(model, name)

        def watched(*arguments: object, method: object = method, **options: object) -> object:
            used.append(torch.get_num_threads())
            return method(*arguments, **options)  # type: ignore[operator]

        monkeypatch.setattr(model, name, watched)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        in_torch.synthesize(TEXT, seed=1)
        in_torch.pack.__dict__["network"] = network
        in_torch.score(recording())
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    assert len(used) >= 6
    assert set(used) == {1}


def test_arguments_are_refused_before_the_first_piece_is_asked_for(voice: Voice) -> None:
    for arguments, field in (
        ({"text": ""}, "text"),
        ({"text": TEXT, "seed": -1}, "seed"),
        ({"text": TEXT, "temperature": 9}, "temperature"),
        ({"text": TEXT, "length_scale": 9}, "length_scale"),
        ({"text": TEXT, "speaker": "eve"}, "speaker"),
        ({"text": TEXT, "chunk_samples": 0}, "chunk_samples"),
    ):
        with pytest.raises(InputError) as caught:
            voice.stream(**arguments)  # type: ignore[arg-type]
        assert caught.value.field == field


def test_analysis_has_a_frame_for_every_begun_hop_and_no_linguistic_features(voice: Voice) -> None:
    conditions = voice.analyse(recording()[:-1], speaker="otto")
    assert conditions.num_frames == 40
    assert conditions.log_mel.shape == (40, AUDIO.n_mels)
    assert conditions.categories is None
    assert conditions.speaker == 1
    assert conditions.voicing.mean() > 0.9
    np.testing.assert_allclose(np.exp(conditions.log_f0)[5:-5], 150, rtol=0.01)


def test_vocoding_is_deterministic_and_streams(voice: Voice) -> None:
    conditions = voice.analyse(recording())
    whole = voice.vocode(conditions, seed=4)
    assert len(whole) == conditions.num_frames * AUDIO.hop_length
    np.testing.assert_array_equal(
        np.concatenate(list(voice.speak(voice.copy(conditions, seed=4), chunk_samples=111))), whole
    )
    louder = voice.vocode(voice.analyse(2 * recording()), seed=4)
    assert np.any(louder != whole), "the sound must depend on what it is conditioned on"


@pytest.mark.parametrize(
    "samples", [np.zeros(0), np.zeros((2, 100)), np.array([0.0, np.nan]), np.array([np.inf])]
)
def test_what_is_no_recording_is_refused(voice: Voice, samples: np.ndarray) -> None:
    for verb in (voice.analyse, voice.score):
        with pytest.raises(AudioError):
            verb(samples.astype(np.float32))


def test_speech_that_was_made_can_be_analysed_again(voice: Voice) -> None:
    samples = to_float32(voice.synthesize(TEXT, seed=1))
    assert voice.analyse(samples).num_frames == len(samples) // AUDIO.hop_length


def test_less_exact_arithmetic_is_chosen_only_where_its_price_is_known(
    tiny_folder: Path, tmp_path: Path
) -> None:
    pack = read_pack(tiny_folder)
    assert load_voice(tiny_folder).engine.precision == "fp32"
    cheap = dataclasses.replace(
        pack.manifest, precision_prices=PrecisionPrices(bf16=0.0, int8=0.011)
    )
    save_pack(tmp_path / "cheap", cheap, pack.acoustic_model, pack.network, card="")
    assert load_voice(tmp_path / "cheap").engine.precision == ("bf16" if native_built() else "fp32")
    assert load_voice(tmp_path / "cheap", engine="reference").engine.precision == "fp32"
    assert load_voice(tmp_path / "cheap", precision="fp32").engine.precision == "fp32"
    with pytest.raises(EngineError, match=r"reference.*int8"):
        load_voice(tmp_path / "cheap", engine="reference", precision="int8")


def test_volume_is_amplitude(voice: Voice) -> None:
    plain = to_float32(voice.synthesize(TEXT, seed=1))
    for volume in (0.0, 0.25, 1.5):
        made = to_float32(voice.synthesize(TEXT, seed=1, volume=volume))
        whole = np.abs(plain) < 0.999  # what was clipped at volume 1 need not be at another
        np.testing.assert_allclose(
            made[whole],
            np.clip(plain * volume, -1.0, 1.0)[whole],
            atol=1.1 * max(volume, 1.0) / 32768,
        )


def test_pitch_moves_what_both_networks_are_told(voice: Voice) -> None:
    sentence = voice.plan(TEXT).sentences[0]
    plain, high = (
        voice.pack.acoustic.conditions(
            sentence.sentence.features, sentence.durations, melody=Melody(pitch=pitch)
        )
        for pitch in (0.0, 7.0)
    )
    np.testing.assert_allclose(high.log_f0 - plain.log_f0, 7 * np.log(2) / 12, rtol=1e-5)
    assert not np.array_equal(high.log_mel, plain.log_mel)
    assert np.array_equal(high.voicing, plain.voicing)
    assert not np.array_equal(
        voice.synthesize(TEXT, seed=1, pitch=7.0), voice.synthesize(TEXT, seed=1)
    )


_OF_MANY_LENGTHS = """
import sys
if sys.argv[2] == "uncompiled":
    sys.modules["vocoder._native"] = None  # as where no compiler was: nobody finds it
from vocoder.synthesis.voice import load_voice

voice = load_voice(sys.argv[1])

def resident():
    # not getrusage's peak, which a process inherits from the one that started it
    return int(open("/proc/self/statm").read().split()[1])

for length in range(1, 400):
    planned = next(voice.planning("a " * length).sentences_from(0))
    made = voice.pack.acoustic.conditions(planned.sentence.features, planned.durations, 0)
    voice.pack.conditioner.condition(made)
    if length == 30:
        before = resident()
print(resident() - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_lengths(tiny_folder: Path) -> None:
    """Beside what it would be: how much a process keeps for other reasons differs."""

    def growth(how: str, **environment: str) -> int:
        command = [sys.executable, "-c", _OF_MANY_LENGTHS, f"{tiny_folder}/", how]
        return int(
            subprocess.run(
                command,
                env={**os.environ, **environment},
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )

    unbounded = growth("uncompiled", ONEDNN_PRIMITIVE_CACHE_CAPACITY="1024")
    assert growth("uncompiled") < 0.6 * unbounded
    assert growth("compiled") < 0.6 * unbounded
