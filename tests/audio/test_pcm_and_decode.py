"""Codes to int16: rounding, clipping, and law 3 (chunking is invisible) for the decoder."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from vocoder.audio.decode import DecoderState, PcmDecoder
from vocoder.audio.emphasis import pre_emphasise
from vocoder.audio.pcm import to_bytes, to_float32, to_int16
from vocoder.audio.quantise import Quantiser

DECODER = PcmDecoder(quantiser=Quantiser(kind="mulaw", levels=256), pre_emphasis=0.85)


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
    return DECODER.quantiser.encode(pre_emphasise(0.4 * tone + 0.05 * noise, 0.85))


@pytest.mark.parametrize("size", [1, 2, 13, 160, 2_399, 5_000])
def test_any_chunking_gives_the_same_samples(size: int) -> None:
    codes = speech_like_codes(5_000)
    whole, whole_state = DECODER.decode(codes, DecoderState())
    state, pieces = DecoderState(), []
    for start in range(0, len(codes), size):
        piece, state = DECODER.decode(codes[start : start + size], state)
        pieces.append(piece)
    np.testing.assert_array_equal(np.concatenate(pieces), whole)
    assert state == whole_state


def test_the_state_can_be_saved_as_plain_data_and_goes_on_to_the_same_samples() -> None:
    codes = speech_like_codes(2_000)
    whole, _ = DECODER.decode(codes, DecoderState())
    _, state = DECODER.decode(codes[:777], DecoderState())
    again = DecoderState(**json.loads(json.dumps(dataclasses.asdict(state))))
    rest, _ = DECODER.decode(codes[777:], again)
    np.testing.assert_array_equal(rest, whole[777:])


def test_codes_decode_to_the_sound_they_were_made_of() -> None:
    """Mu-law of 256 levels after pre-emphasis: at least 25 dB of signal over noise on a tone with some hiss."""
    tone = (0.4 * np.sin(np.arange(8_000) * 0.05)).astype(np.float32)
    decoded, _ = DECODER.decode(DECODER.quantiser.encode(pre_emphasise(tone, 0.85)), DecoderState())
    noise = to_float32(decoded) - tone
    assert 10 * np.log10(np.mean(tone**2) / np.mean(noise**2)) > 25


def test_clipping_does_not_leak_into_the_samples_after_it() -> None:
    """A run of full-scale codes drives the filter beyond full scale; what follows is decoded as if nothing had been clipped."""
    codes = np.concatenate([np.full(50, 255), speech_like_codes(400)])
    samples, _ = DECODER.decode(codes, DecoderState())
    assert samples[:50].max() == 32_767
    unclipped = np.zeros(len(codes))
    last = 0.0
    for t, value in enumerate(DECODER.quantiser.decode(codes).astype(np.float64)):
        last = unclipped[t] = value + 0.85 * last
    quiet = np.abs(unclipped) < 0.99
    np.testing.assert_allclose(samples[quiet], 32_768 * unclipped[quiet], atol=0.51)
