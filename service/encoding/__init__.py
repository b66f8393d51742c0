"""From the samples of a stream to what is sent: rates, containers and codecs, each as a stream.

An encoder is made for one answer and is fed pieces in order; neither their sizes nor the time
between them changes a byte. It lives in
the process of the event loop, not in the worker: a worker that dies takes no encoder's state along.

encoder               what an encoder is
factory               which encoder makes a format of `vocoder.audio.formats`
plain                 wav, pcm, mulaw: a sample has its place, so the length is known and any place
                      can be begun at
compressed            flac, mp3, opus, aac; the one module that needs PyAV
timed                 lines of JSON: sound, and what is heard in it
resampling_encoder    another rate before any of them
"""

from __future__ import annotations

from service.encoding.encoder import AudioFormat, BareFormat, Encoder, Layout, OpenaiFormat
from service.encoding.factory import (
    SAMPLE_RATES,
    layout_of,
    make_encoder,
    make_timed_encoder,
    timed_layout,
)
from service.encoding.timed import TimingEvents

__all__ = [
    "SAMPLE_RATES",
    "AudioFormat",
    "BareFormat",
    "Encoder",
    "Layout",
    "OpenaiFormat",
    "TimingEvents",
    "layout_of",
    "make_encoder",
    "make_timed_encoder",
    "timed_layout",
]
