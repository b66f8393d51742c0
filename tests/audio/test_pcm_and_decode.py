"""Codes to int16: rounding, clipping, and law 3 (chunking is invisible) for the decoder."""

from __future__ import annotations

import numpy as np
import pytest

from vocoder.audio import mel
from vocoder.audio.correction import SpectralCorrection
from vocoder.audio.decode import PcmDecoder
from vocoder.audio.emphasis import pre_emphasise
from vocoder.audio.pcm import to_bytes, to_float32, to_int16
from vocoder.audio.quantise import Quantiser
from vocoder.config import AudioConfig
from vocoder.errors import EngineError

AUDIO = AudioConfig()
QUANTISER = Quantiser(kind="mulaw", levels=256)
DECODER = PcmDecoder(quantiser=QUANTISER, pre_emphasis=0.85, hop_length=AUDIO.hop_length)
CORRECTING = PcmDecoder(
    quantiser=QUANTISER,
    pre_emphasis=0.85,
    hop_length=AUDIO.hop_length,
    correction=SpectralCorrection(AUDIO, 2),
)
BOTH = pytest.mark.parametrize("decoder", [DECODER, CORRECTING], ids=["plain", "correcting"])
NO_SPECTRA = np.zeros((0, AUDIO.n_mels), np.float32)


def decode(decoder: PcmDecoder, codes: np.ndarray, log_mel: np.ndarray, size: int) -> np.ndarray:
    """A whole stream, in pieces of so many codes."""
    state, pieces = decoder.start(), []
    for start in range(0, len(codes), size):
        piece, state = decoder.decode(
            codes[start : start + size], log_mel[start // decoder.hop_length :], state
        )
        pieces.append(piece)
    return np.concatenate([*pieces, decoder.finish(state)])


def test_every_int16_survives_the_way_through_float32() -> None:
    every = np.arange(-32_768, 32_768).astype(np.int16)
    np.testing.assert_array_equal(to_int16(to_float32(every)), every)


def test_samples_are_rounded_and_clipped_never_wrapped() -> None:
    samples = np.array([0.6 / 32_768, -0.6 / 32_768, 1.0, 1.5, -1.0, -3.0], np.float32)
    np.testing.assert_array_equal(to_int16(samples), [1, -1, 32_767, 32_767, -32_768, -32_768])


def test_bytes_are_little_endian() -> None:
    assert to_bytes(np.array([1, -2], np.int16)) == b"\x01\x00\xfe\xff"


def speech_like_codes(num_samples: int) -> np.ndarray:
    noise = np.random.default_rng(3).standard_normal(num_samples).astype(np.float32)
    tone = np.sin(np.arange(num_samples) * 0.05).astype(np.float32)
    return QUANTISER.encode(pre_emphasise(0.4 * tone + 0.05 * noise, 0.85))


def spectra(num_frames: int) -> np.ndarray:
    return (
        np.random.default_rng(4).uniform(-7.0, -3.0, (num_frames, AUDIO.n_mels)).astype(np.float32)
    )


@BOTH
@pytest.mark.parametrize("size", [1, 2, 13, 160, 2_399, 4_800])
def test_any_chunking_gives_the_same_samples(decoder: PcmDecoder, size: int) -> None:
    codes, log_mel = speech_like_codes(4_800), spectra(30)
    whole = decode(decoder, codes, log_mel, len(codes))
    assert len(whole) == len(codes)
    np.testing.assert_array_equal(decode(decoder, codes, log_mel, size), whole)


@BOTH
@pytest.mark.parametrize("parked", [0, 77, 1_777])
def test_the_state_can_be_saved_and_goes_on_to_the_same_samples(
    decoder: PcmDecoder, parked: int
) -> None:
    codes, log_mel = speech_like_codes(4_800), spectra(30)
    first, state = decoder.decode(codes[:parked], log_mel, decoder.start())
    saved = decoder.save(state)
    assert len(saved) == decoder.state_bytes
    second, state = decoder.decode(codes[parked:], log_mel[parked // 160 :], decoder.restore(saved))
    np.testing.assert_array_equal(
        np.concatenate([first, second, decoder.finish(state)]),
        decode(decoder, codes, log_mel, 4_800),
    )


@BOTH
def test_a_damaged_state_is_refused(decoder: PcmDecoder) -> None:
    with pytest.raises(EngineError, match="bytes, not"):
        decoder.restore(b"\0" * 5)
    if decoder.correction is not None:
        with pytest.raises(EngineError, match="damaged"):
            decoder.restore(b"\xff" * decoder.state_bytes)


def test_corrected_sound_has_the_spectrum_it_was_conditioned_on() -> None:
    codes, log_mel = speech_like_codes(9_600), spectra(60)
    made = (to_float32(decode(decoder, codes, log_mel, 640)) for decoder in (DECODER, CORRECTING))
    plain, correcting = (
        float(np.abs(mel.log_mel(samples, AUDIO) - log_mel).mean()) for samples in made
    )
    # the spectra of neighbouring frames contradict each other: no sound has them all
    assert correcting < 0.5 * plain


def test_codes_decode_to_the_sound_they_were_made_of() -> None:
    """Mu-law of 256 levels after pre-emphasis: at least 25 dB of signal over noise on a tone with
    some hiss.
    """
    tone = (0.4 * np.sin(np.arange(8_000) * 0.05)).astype(np.float32)
    decoded, _ = DECODER.decode(
        QUANTISER.encode(pre_emphasise(tone, 0.85)), NO_SPECTRA, DECODER.start()
    )
    noise = to_float32(decoded) - tone
    assert 10 * np.log10(np.mean(tone**2) / np.mean(noise**2)) > 25


def test_clipping_does_not_leak_into_the_samples_after_it() -> None:
    """A run of full-scale codes drives the filter beyond full scale; what follows is decoded as if
    nothing had been clipped.
    """
    codes = np.concatenate([np.full(50, 255), speech_like_codes(400)])
    samples, _ = DECODER.decode(codes, NO_SPECTRA, DECODER.start())
    assert samples[:50].max() == 32_767
    unclipped = np.zeros(len(codes))
    last = 0.0
    for t, value in enumerate(QUANTISER.decode(codes).astype(np.float64)):
        last = unclipped[t] = value + 0.85 * last
    quiet = np.abs(unclipped) < 0.99
    np.testing.assert_allclose(samples[quiet], 32_768 * unclipped[quiet], atol=0.51)
