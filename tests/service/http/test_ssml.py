"""SSML and phonemes over the wire: the sound is the voice's own, with its marks; whatever is wrong
is the field's, and never the service's fault.
"""

from __future__ import annotations

import json

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.service.http.test_timestamps import lines_of, sound_of
from tests.service.http.test_websocket import hear, say
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.timeline import Timeline
from vocoder.synthesis.voice import Voice
from vocoder.text import Ipa, Ssml

DOCUMENT = (
    "<speak>Hi <mark name='a'/>you. <break time='150ms'/> <prosody rate='fast' pitch='+2st' "
    "volume='-6dB'>Go</prosody> <voice name='otto'>now</voice><mark name='end'/></speak>"
)


async def test_bytes_are_those_of_the_voice(client: httpx.AsyncClient, voice: Voice) -> None:
    for field, given_text in (("ssml", Ssml(DOCUMENT)), ("phonemes", Ipa("həˈloʊ, ˈwɜːld."))):
        body = {
            field: DOCUMENT if field == "ssml" else "həˈloʊ, ˈwɜːld.",
            "seed": 7,
            "format": "pcm",
            "length_scale": 1.2,
        }
        answer = await client.post("/synthesize", json=body)
        assert answer.status_code == 200
        assert answer.content == to_bytes(voice.synthesize(given_text, seed=7, length_scale=1.2))


async def test_what_was_broken_off_is_picked_up_at_any_byte(client: httpx.AsyncClient) -> None:
    whole = await client.post("/synthesize", json={"ssml": DOCUMENT})
    for first in (44, 4_001, len(whole.content) // 2, len(whole.content) - 3):
        rest = await client.get(
            whole.headers["content-location"], headers={"range": f"bytes={first}-"}
        )
        assert (rest.status_code, rest.content) == (206, whole.content[first:])


async def test_a_document_its_text_and_another_document_have_tags_of_their_own(
    client: httpx.AsyncClient,
) -> None:
    bodies = [
        {"text": "<speak>Hi</speak>"},
        {"ssml": "<speak>Hi</speak>"},
        {"ssml": "<speak><emphasis>Hi</emphasis></speak>"},
        {"phonemes": "haɪ"},
        {"text": "Hi"},
    ]
    tags = [
        (await client.post("/synthesize", json=body | {"seed": 1})).headers["etag"]
        for body in bodies
    ]
    assert len(set(tags)) == len(tags)
    assert (await client.post("/synthesize", json=bodies[1] | {"seed": 1})).headers["etag"] == tags[
        1
    ]


@pytest.mark.parametrize("rate", [None, 24_000])
async def test_marks_are_told_ahead_of_the_sound_behind_them(
    client: httpx.AsyncClient, voice: Voice, rate: int | None
) -> None:
    body = {"ssml": DOCUMENT, "seed": 7, "sample_rate": rate}
    lines = lines_of((await client.post("/synthesize", json=body | {"timestamps": True})).content)
    assert (
        sound_of(lines) == (await client.post("/synthesize", json=body | {"format": "pcm"})).content
    )
    timeline = Timeline.of(voice.plan(Ssml(DOCUMENT))).at(rate or voice.sample_rate)
    assert [line for line in lines[1:-1] if line["type"] != "audio"] == [
        event for _, event in timeline.events()
    ]
    marks = [line for line in lines if line["type"] == "mark"]
    assert [mark["name"] for mark in marks] == ["a", "end"]
    assert marks[1]["start_sample"] == lines[0]["num_samples"]
    assert lines.index(marks[1]) == len(lines) - 2
    first_audio_behind = next(
        number
        for number, line in enumerate(lines)
        if line["type"] == "audio" and line["start_sample"] > marks[0]["start_sample"]
    )
    assert lines.index(marks[0]) < first_audio_behind
    words = [line for line in lines if line["type"] == "word"]
    assert [DOCUMENT[word["start_char"] : word["end_char"]] for word in words] == [
        "Hi",
        "you",
        "Go",
        "now",
    ]


async def test_subtitles_leave_marks_out(client: httpx.AsyncClient) -> None:
    answer = await client.post("/synthesize", json={"ssml": DOCUMENT, "timestamps": "srt"})
    assert answer.text.splitlines()[2] == "Hi you."
    assert "end" not in answer.text


async def test_a_document_is_told_as_it_is_read(client: httpx.AsyncClient) -> None:
    document = "<speak>The <sub alias='World Wide Web'>WWW</sub></speak>"
    told = (await client.post("/phonemize", json={"ssml": document})).json()
    (sentence,) = told["sentences"]
    assert [
        (word["text"], document[word["start"] : word["end"]]) for word in sentence["words"]
    ] == [
        ("the", "The"),
        ("world", "WWW"),
        ("wide", "WWW"),
        ("web", "WWW"),
    ]
    told = (await client.post("/phonemize", json={"phonemes": "kæt."})).json()
    assert told["sentences"][0]["phonemes"] == ["sil", "k", "æ", "t", "sil"]


WRONG = [
    ({}, "missing_field", "text", "text, ssml or phonemes is required"),
    (
        {"text": "Hi", "ssml": "<speak>Hi</speak>"},
        "conflicting_fields",
        "ssml",
        "text and ssml both say what is to be spoken",
    ),
    (
        {"ssml": "<speak>Hi</speak>", "phonemes": "haɪ"},
        "conflicting_fields",
        "phonemes",
        "ssml and phonemes both say",
    ),
    ({"ssml": 7}, "wrong_type", "ssml", "ssml: "),
    ({"ssml": None}, "missing_field", "text", "is required"),
    ({"ssml": ""}, "invalid_text", "ssml", "ssml: the document is empty"),
    ({"ssml": "<speak/>"}, "invalid_text", "ssml", "ssml: nothing in the text can be spoken"),
    (
        {"ssml": "Hi"},
        "invalid_text",
        "ssml",
        "ssml: the document is not well-formed XML: syntax error at line 1, column 1",
    ),
    (
        {"ssml": "<speak>\ud800</speak>"},
        "invalid_text",
        "ssml",
        "half a surrogate pair at character 8",
    ),
    (
        {"ssml": "<!DOCTYPE a [<!ENTITY b 'c'>]><speak>&b;</speak>"},
        "invalid_text",
        "ssml",
        "ssml: the document has a DOCTYPE",
    ),
    (
        {"ssml": "<speak>" + "a" * 300 + "</speak>"},
        "invalid_text",
        "ssml",
        "ssml: the document has 315 characters, and the limit is 300",
    ),
    (
        {"ssml": "<speak><voice name='eve'>a</voice></speak>"},
        "invalid_text",
        "ssml",
        "ssml: <voice> 'eve' is no speaker",
    ),
    ({"phonemes": "h9"}, "invalid_text", "phonemes", "phonemes: word 1 of them, 'h9', has '9'"),
]


@pytest.mark.parametrize(("body", "code", "field", "message"), WRONG, ids=range(len(WRONG)))
async def test_what_is_wrong_is_the_field_s(
    client: httpx.AsyncClient, body: dict[str, object], code: str, field: str, message: str
) -> None:
    strictly = {"ssml_strict": True} if "ssml" in body else {}
    for path in ("/synthesize", "/phonemize"):
        answer = await client.post(
            path, content=json.dumps(body | strictly), headers={"content-type": "application/json"}
        )
        if path == "/phonemize" and "nothing in the text" in message:
            assert answer.json()["sentences"] == []
            continue
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["field"]) == (422, code, field)
        assert message in error["message"]


_PIECES = st.one_of(
    st.sampled_from(["Hi", " ", "&amp;", "&", "<", "日本", ".", "<!--", "-->"]),
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<break/>",
            "<break time='9s'/>",
            "<mark name='m'/>",
            "<emphasis>",
            "</emphasis>",
            "<sub alias='you'>",
            "</sub>",
        ]
    ),
    st.sampled_from(
        [
            "<prosody rate='x-fast' volume='loud'>",
            "</prosody>",
            "<say-as interpret-as='date'>",
            "</say-as>",
            "<voice name='otto'>",
            "</voice>",
        ]
    ),
)


def test_whatever_document_is_sent_the_answer_is_sound_or_says_what_is_wrong(app: FastAPI) -> None:
    with TestClient(app) as client:

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(_PIECES, max_size=14).map("".join))
        def holds(inside: str) -> None:
            answer = client.post(
                "/synthesize", json={"ssml": f"<speak>{inside}</speak>", "timestamps": "vtt"}
            )
            assert answer.status_code in (200, 422)
            if answer.status_code == 422:
                assert answer.json()["error"]["field"] == "ssml"

        holds()


def test_a_document_over_the_websocket(app: FastAPI, voice: Voice) -> None:
    with TestClient(app).websocket_connect("/stream") as session:
        say(session, "settings", seed=5, timestamps=True)
        say(session, "text", text="Good day")
        say(session, "ssml", ssml=DOCUMENT)
        say(session, "ssml", ssml="<speak>")
        say(session, "end")
        heard = hear(session, "done")
    speaking = [
        message for message in heard if isinstance(message, dict) and message["type"] == "speaking"
    ]
    assert [(one.get("text"), one.get("ssml"), one["seed"]) for one in speaking] == [
        ("Good day", None, 5),
        (None, DOCUMENT, 6),
    ]
    assert b"".join(one for one in heard if isinstance(one, bytes)) == to_bytes(
        voice.synthesize("Good day", seed=5)
    ) + to_bytes(voice.synthesize(Ssml(DOCUMENT), seed=6))
    assert [one["name"] for one in heard if isinstance(one, dict) and one["type"] == "mark"] == [
        "a",
        "end",
    ]
    (error,) = [one["error"] for one in heard if isinstance(one, dict) and one["type"] == "error"]
    assert (error["code"], error["field"]) == ("invalid_text", "ssml")


async def test_markup_of_other_services_is_passed_over_and_told(client: httpx.AsyncClient) -> None:
    document = "<speak><amazon:effect name='whispered'>Good day.</amazon:effect></speak>"
    plain = await client.post("/synthesize", json={"text": "Good day.", "seed": 7})
    answer = await client.post("/synthesize", json={"ssml": document, "seed": 7})
    assert answer.content == plain.content
    ignored = json.loads(answer.headers["x-ignored"])
    assert [(one["text"], one["start"]) for one in ignored] == [("<effect>", 7)]
    assert "x-ignored" not in plain.headers
    read = (await client.post("/phonemize", json={"ssml": document})).json()
    assert [one["text"] for one in read["ignored"]] == ["<effect>"]
