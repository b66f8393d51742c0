"""One entry is a format: whoever lists formats has it, and its sound can be written and sent."""

from __future__ import annotations

import subprocess
import sys

from service.encoding.encoder import AudioFormat, BareFormat, OpenaiFormat
from vocoder.audio.formats import CHAPTER_FORMATS, FILE_FORMATS, FORMATS, HTTP_FORMATS

# Run in a process of its own, before anything else has read the entries.
NEW_FORMAT = """
import io, re
from typing import get_args
from vocoder.audio import formats

form = formats.FfmpegCoding(container="mp2", codec="mp2")
formats.HTTP_FORMATS["mp2"] = formats.HttpFormat(
    media_type="audio/x-new", extension="new", note="a new one", rates=(8_000, 16_000), coding=form
)
formats.FILE_FORMATS["au"] = formats.FileFormat(sndfile=("AU", "PCM_16"))

import numpy as np, soundfile
from starlette.testclient import TestClient
from fastapi import FastAPI
from service.encoding import layout_of, make_encoder
from service.compatible.openai_routes import SpeechRequest
from service.http.routes import AUDIO
from service.http.schemas import SynthesizeRequest
from service.page.page_routes import make_page_router
from vocoder.audio.file_writing import encode_audio, format_of
from vocoder.cli import options

samples = np.arange(16_000, dtype=np.int16)
described = SynthesizeRequest.model_json_schema()["properties"]["format"]
assert described["enum"][-1] == "mp2" and "mp2 (a new one)" in described["description"]
assert "mp2" in SpeechRequest.model_json_schema()["properties"]["response_format"]["enum"]
request = SynthesizeRequest.model_validate({"text": "x", "format": "mp2"})
assert request.response_spec().audio_format == "mp2"
assert "audio/x-new" in AUDIO["content"]
assert layout_of("mp2", num_samples=1, source_rate=11_025).sample_rate == 16_000
encoder = make_encoder("mp2", num_samples=16_000, source_rate=16_000)
assert (encoder.encode(samples.tobytes()) + encoder.finish()).startswith(b"\\xff")
app = FastAPI()
app.include_router(make_page_router())
assert '<option data-extension="new">mp2</option>' in TestClient(app).get("/").text
assert options.FORMAT_LIST.endswith(", au") and format_of("sound.au") == "au"
written = io.BytesIO(encode_audio(samples, 16_000, "au"))
np.testing.assert_array_equal(soundfile.read(written, dtype="int16")[0], samples)
"""


def test_who_has_which_formats() -> None:
    assert list(FILE_FORMATS) == ["wav", "pcm", "flac", "ogg", "opus", "mp3", "aiff"]
    assert (
        list(HTTP_FORMATS)
        == list(AudioFormat.__args__)
        == ["wav", "pcm", "mulaw", "flac", "opus", "mp3", "aac"]
    )
    assert BareFormat.__args__ == ("pcm", "mulaw")
    assert OpenaiFormat.__args__ == ("wav", "pcm", "flac", "opus", "mp3", "aac")
    assert CHAPTER_FORMATS == {
        "flac": ("flac", 999),
        "ogg": ("ogg", 999),
        "opus": ("ogg", 999),
        "mp3": ("mp3", 255),
    }
    assert set(FORMATS) == {*FILE_FORMATS, *HTTP_FORMATS}


def test_a_new_format_is_one_entry() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NEW_FORMAT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
