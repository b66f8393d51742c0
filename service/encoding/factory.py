"""Which encoder makes a format, and how its answer is laid out."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping

from service.encoding.encoder import AudioFormat, Encoder, Layout
from service.encoding.plain import MulawEncoder, PcmEncoder
from service.encoding.resampling_encoder import ResamplingEncoder
from service.encoding.timed import MEDIA_TYPE, TimedEncoder, TimingEvents
from vocoder.audio.formats import HTTP_FORMATS
from vocoder.audio.resample import resampled_length
from vocoder.audio.wav import wav_header
from vocoder.errors import InputError
from vocoder.synthesis.timeline import TimedSentence

SAMPLE_RATES = (8_000, 48_000)  # Hz, from and to


def layout_of(
    audio_format: AudioFormat, *, num_samples: int | None, source_rate: int, rate: int | None = None
) -> Layout:
    """How an answer will be laid out.

    Args:
        audio_format: which.
        num_samples: of the source; None where that is not known, which neither WAV nor FLAC can do
            without.
        source_rate: Hz, of the source.
        rate: Hz, of what is sent; None leaves it to the format: 8 kHz for mulaw, the source's own,
            or the next one that the codec takes.

    Raises:
        InputError: the rate is out of range, or the format does not have it; or what encodes the
            format is not installed.
    """
    rate = _rate(audio_format, source_rate, rate)
    length = None if num_samples is None else resampled_length(num_samples, source_rate, rate)
    form = HTTP_FORMATS[audio_format]
    if form.bytes_per_sample is None:
        return Layout(media_type=form.media_type, sample_rate=rate)
    same = rate == source_rate
    return Layout(
        media_type=form.media_type,
        sample_rate=rate,
        head_bytes=form.head_bytes,
        bytes_per_sample=form.bytes_per_sample,
        num_bytes=None if length is None else form.head_bytes + form.bytes_per_sample * length,
        seekable=same,
        inline=same,
    )


def make_encoder(
    audio_format: AudioFormat, *, num_samples: int | None, source_rate: int, rate: int | None = None
) -> Encoder:
    """An encoder for one answer. Arguments and errors as `layout_of`; also an InputError where a
    WAV file cannot hold so many samples.
    """
    rate = _rate(audio_format, source_rate, rate)
    length = None if num_samples is None else resampled_length(num_samples, source_rate, rate)
    form = HTTP_FORMATS[audio_format]
    inner: Encoder
    if audio_format == "mulaw":
        inner = MulawEncoder()
    elif form.coding is None:
        inner = PcmEncoder(wav_header(rate, length) if form.head_bytes else b"")
    else:
        from service.encoding.compressed import CompressedEncoder, FlacEncoder  # late: needs PyAV

        if form.tells_length:
            assert length is not None, "libsndfile reads none that does not tell its length"
            inner = FlacEncoder(form.coding, rate, length)
        else:
            inner = CompressedEncoder(form.coding, rate)
    return (
        inner
        if rate == source_rate
        else ResamplingEncoder(inner, source_rate=source_rate, rate=rate)
    )


def timed_layout(*, source_rate: int, rate: int | None = None) -> Layout:
    """How an answer of sound and times is laid out. Arguments and errors as `layout_of`."""
    rate = _rate("pcm", source_rate, rate)
    return Layout(media_type=MEDIA_TYPE, sample_rate=rate, inline=rate == source_rate)


def make_timed_encoder(
    begun: Callable[[], Iterable[TimedSentence]],
    start: Mapping[str, object],
    *,
    num_samples: int | None,
    source_rate: int,
    rate: int | None = None,
) -> Encoder:
    """An encoder for an answer of sound and times.

    Args:
        begun: gives the sentences that begin in what has been fed, each once, in samples of the
            source.
        start: what the first line says beside the rate and the number of samples.
        num_samples: of the source; None where that is not known.
        source_rate: Hz, of the source.
        rate: Hz, of the sound that is sent; None leaves it as it is.

    Raises:
        InputError: the rate is out of range.
    """
    rate = _rate("pcm", source_rate, rate)
    length = None if num_samples is None else resampled_length(num_samples, source_rate, rate)
    timing = TimingEvents(begun, source_rate=source_rate, rate=rate)
    inner = TimedEncoder(
        timing, {**start, "sample_rate": rate, "num_samples": length, "format": "pcm"}, rate=rate
    )
    return (
        inner
        if rate == source_rate
        else ResamplingEncoder(inner, source_rate=source_rate, rate=rate)
    )


def _rate(audio_format: AudioFormat, source_rate: int, rate: int | None) -> int:
    if rate is not None and not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
        raise InputError(
            f"sample_rate must lie in {SAMPLE_RATES[0]}..{SAMPLE_RATES[1]}, not {rate}",
            field="sample_rate",
        )
    form = HTTP_FORMATS[audio_format]
    if form.coding is not None and importlib.util.find_spec("av") is None:
        raise InputError(
            f"{audio_format} needs PyAV, which is not installed: pip install 'sonant[codecs]'",
            field="format",
        )
    if rate is not None and form.rates and rate not in form.rates:
        raise InputError(
            (
                f"sample_rate of {audio_format} must be one of {', '.join(map(str, form.rates))}, "
                f"not {rate}"
            ),
            field="sample_rate",
        )
    return form.rate_for(source_rate) if rate is None else rate
