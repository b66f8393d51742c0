"""Each format, read back by a library that is not ours; and the laws: chunks are invisible, lengths
are true, sound leaves soon.
"""

from __future__ import annotations

import importlib.util
import io

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from scipy.signal import resample_poly

from service.encoding import AudioFormat, layout_of, make_encoder
from service.encoding.plain import MulawEncoder
from vocoder.audio.formats import HTTP_FORMATS
from vocoder.errors import InputError

RATE, SECONDS = 16_000, 1.5


def speech_like() -> npt.NDArray[np.int16]:
    """A voice-like buzz that rises and falls, with silence at the end."""
    t = np.arange(round(SECONDS * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * 140 * k * t + k) / k for k in range(1, 20))
    return (6_000 * buzz * np.sin(np.pi * t / SECONDS) * (t < 1.2)).astype(np.int16)


SOUND = speech_like()


def encoded(
    audio_format: AudioFormat, rate: int | None, chunk: int, sound: npt.NDArray[np.int16] = SOUND
) -> bytes:
    encoder = make_encoder(audio_format, num_samples=len(sound), source_rate=RATE, rate=rate)
    pieces = [
        encoder.head(),
        *(
            encoder.encode(sound[start : start + chunk].tobytes())
            for start in range(0, len(sound), chunk)
        ),
        encoder.finish(),
    ]
    return b"".join(pieces)


def decoded(data: bytes) -> tuple[npt.NDArray[np.float64], int]:
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(audio=0))
    planes = [
        frame.to_ndarray().astype(np.float64).ravel()
        / (32_768 if frame.format.name.startswith("s16") else 1)
        for frame in frames
    ]
    return np.concatenate(planes), frames[0].sample_rate


@pytest.mark.parametrize("rate", [None, 8_000, 24_000])
@pytest.mark.parametrize("audio_format", HTTP_FORMATS)
def test_chunks_are_invisible_and_lengths_are_true(
    audio_format: AudioFormat, rate: int | None
) -> None:
    if audio_format == "mulaw" and rate == 24_000:
        return
    whole = encoded(audio_format, rate, len(SOUND))
    assert encoded(audio_format, rate, 1_600) == whole
    assert encoded(audio_format, rate, 77) == whole
    known = layout_of(audio_format, num_samples=len(SOUND), source_rate=RATE, rate=rate).num_bytes
    assert known in (None, len(whole))


@pytest.mark.parametrize("audio_format", ["wav", "flac"])
def test_lossless_formats_lose_nothing(audio_format: AudioFormat) -> None:
    read, rate = soundfile.read(io.BytesIO(encoded(audio_format, None, 640)), dtype="int16")
    assert rate == RATE
    np.testing.assert_array_equal(read, SOUND)


@pytest.mark.parametrize("audio_format", ["mp3", "opus", "aac"])
def test_lossy_formats_sound_like_the_source(audio_format: AudioFormat) -> None:
    """At the delay at which it fits best, what is decoded correlates with the source; a codec's own
    delay is at most a tenth of a second.
    """
    found, rate = decoded(encoded(audio_format, None, 640))
    found = resample_poly(found, 1, rate // RATE) if rate != RATE else found
    source = SOUND / 32_768
    padded = np.concatenate([found, np.zeros(len(source))])
    best = max(
        float(np.corrcoef(padded[delay : delay + len(source)], source)[0, 1])
        for delay in range(1_700)
    )
    assert best > 0.98


def test_mulaw_is_that_of_another_implementation_for_every_sample() -> None:
    every = np.arange(-32_768, 32_768).astype("<i2")
    file = io.BytesIO()
    soundfile.write(file, every, 8_000, format="RAW", subtype="ULAW")
    assert MulawEncoder().encode(every.tobytes()) == file.getvalue()


@pytest.mark.parametrize("rate", [8_000, 11_025, 24_000, 44_100])
def test_resampled_in_pieces_is_resampled_without_seams(rate: int) -> None:
    """A pure tone stays one: whatever a seam adds would lie beside its line in the spectrum."""
    tone = (12_000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.int16)
    data = np.frombuffer(encoded("pcm", rate, 160, tone), "<i2").astype(np.float64)
    assert len(data) == rate
    middle = data[rate // 4 : -rate // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.blackman(len(middle)))) ** 2
    peak = int(spectrum.argmax())
    assert peak * rate / len(middle) == pytest.approx(440, abs=3)
    beside = np.concatenate([spectrum[: peak - 6], spectrum[peak + 7 :]])
    assert 10 * np.log10(beside.max() / spectrum[peak]) < -75


@pytest.mark.parametrize("audio_format", HTTP_FORMATS)
def test_sound_leaves_soon(audio_format: AudioFormat) -> None:
    """No format keeps back more than a quarter of a second, at the beginning or later; fed in
    pieces of 10 ms.
    """
    encoder = make_encoder(audio_format, num_samples=len(SOUND), source_rate=RATE)
    waiting = longest = 0
    encoder.head()
    for start in range(0, len(SOUND), 160):
        waiting += 160
        if encoder.encode(SOUND[start : start + 160].tobytes()):
            longest, waiting = max(longest, waiting), 0
    assert longest <= 0.25 * RATE


def test_rates_that_a_format_does_not_have() -> None:
    for audio_format, rate in (
        ("wav", 7_999),
        ("pcm", 48_001),
        ("mulaw", 16_000),
        ("opus", 44_100),
        ("mp3", 9_000),
    ):
        with pytest.raises(InputError, match="sample_rate") as refused:
            make_encoder(audio_format, num_samples=1, source_rate=RATE, rate=rate)
        assert refused.value.field == "sample_rate"


def test_a_codec_that_lacks_the_voice_s_rate_takes_the_next() -> None:
    assert layout_of("opus", num_samples=1, source_rate=22_050).sample_rate == 24_000
    assert layout_of("mp3", num_samples=1, source_rate=22_050).sample_rate == 22_050
    assert layout_of("aac", num_samples=1, source_rate=96_000).sample_rate == 48_000


def test_without_pyav_what_needs_no_codec_is_encoded_and_the_rest_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for audio_format, form in HTTP_FORMATS.items():
        for ask in (layout_of, make_encoder):
            if form.coding is None:
                ask(audio_format, num_samples=1, source_rate=RATE)
                continue
            with pytest.raises(InputError, match="needs PyAV") as refused:
                ask(audio_format, num_samples=1, source_rate=RATE)
            assert refused.value.field == "format"
