"""Documents as other services' users paste them: what is not done here is passed over, and told.

Written after the examples in the documentation of Azure, Google Cloud and Amazon Polly.
"""

from __future__ import annotations

import pytest

from vocoder.errors import TextError
from vocoder.text import Ssml, analyser_of, analysis_of

DOCUMENTS = {
    "azure style": (
        (
            '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" '
            'xmlns:mstts="https://www.w3.org/2001/mstts" xml:lang="en-US">'
            '<voice name="en-US-JennyNeural"><mstts:express-as style="cheerful" styledegree="2">'
            "That would be lovely!</mstts:express-as></voice></speak>"
        ),
        "that would be lovely",
        {"name of <voice>, 'en-US-JennyNeural'", "<express-as>"},
    ),
    "azure silence": (
        (
            '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" '
            'xmlns:mstts="http://www.w3.org/2001/mstts" xml:lang="en-GB">'
            '<voice name="en-US-Ava:DragonHDLatestNeural"><mstts:silence type="Sentenceboundary" '
            'value="200ms"/>If we are home, come in.<bookmark mark="here"/></voice></speak>'
        ),
        "if we are home come in",
        {
            "xml:lang of <speak>",
            "<silence>",
            "<bookmark>",
            "name of <voice>, 'en-US-Ava:DragonHDLatestNeural'",
        },
    ),
    "azure contour": (
        (
            '<speak><prosody contour="(60%,-60%) (100%,+80%)">Were you the only one?</prosody>'
            '<lexicon uri="https://example.com/lexicon.xml"/></speak>'
        ),
        "were you the only one",
        {"contour of <prosody>", "<lexicon>"},
    ),
    "google audio": (
        (
            '<speak>Listen. <audio src="https://example.com/cat.ogg"><desc>a cat purring</desc>'
            "PURR (sound did not load)</audio> Done.</speak>"
        ),
        "listen purr sound did not load done",
        {"<audio>", "<desc>"},
    ),
    "google media": (
        (
            '<speak><par><media xml:id="question" begin="0.5s"><speak>Who are you?</speak></media>'
            '</par><say-as interpret-as="expletive">darn</say-as></speak>'
        ),
        "who are you darn",
        {"<par>", "<media>", "<speak>", "interpret-as of <say-as>"},
    ),
    "polly whisper": (
        (
            '<speak>I want to tell you a secret. <amazon:effect name="whispered">I am not a real '
            "human.</amazon:effect></speak>"
        ),
        "i want to tell you a secret i am not a real human",
        {"<effect>"},
    ),
    "polly duration": (
        (
            '<speak><prosody amazon:max-duration="2s">Human speech is power.</prosody> '
            '<w role="amazon:VB">Read</w> it.</speak>'
        ),
        "human speech is power read it",
        {"max-duration of <prosody>"},
    ),
    "polly sampa": (
        (
            '<speak>You say, <phoneme alphabet="x-sampa" ph="pI\'kA:n">pecan</phoneme>, in '
            '<lang xml:lang="fr-FR">Paris</lang>.</speak>'
        ),
        "you say pecan in paris",
        {"ph of <phoneme>", "xml:lang of <lang>"},
    ),
}


def reading(document: str, *, strict: bool) -> tuple[str, set[str]]:
    analysis = analysis_of(
        analyser_of(
            Ssml(document, strict=strict), language="en-us", voice="kathleen", speakers=["kathleen"]
        )
    )
    words = " ".join(word for sentence in analysis.sentences for word in sentence.words)
    return words.lower(), {one.text for one in analysis.ignored}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_they_are_spoken_and_what_is_passed_over_is_told(name: str) -> None:
    document, words, ignored = DOCUMENTS[name]
    assert reading(document, strict=False) == (words, ignored)
    with pytest.raises(TextError):
        reading(document, strict=True)


def test_places_stay_where_a_prefix_is_not_declared() -> None:
    head = '<?xml version="1.0"?><speak>Yes. '
    document = f"{head}<amazon:breath/>\nNo. <foo:bar>Well.</foo:bar></speak>"
    analyser = analyser_of(
        Ssml(document, strict=False), language="en-us", voice="kathleen", speakers=()
    )
    assert [one.start for one in analyser.ignored] == [len(head), document.index("<foo")]
    sentences = analysis_of(analyser).sentences
    assert [document[one.start : one.end] for one in sentences] == ["Yes.", "No.", "Well."]


@pytest.mark.parametrize(
    "document",
    ["<speak>Hello", "<p>Hello.</p>", "<speak><x:a>Hi.</x:b></speak>", "<speak>a</speak><x:b/>"],
)
def test_what_is_no_document_is_refused_all_the_same(document: str) -> None:
    with pytest.raises(TextError):
        reading(document, strict=False)
