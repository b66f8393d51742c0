"""Laws: any document is read or refused as the error of its field; markup that says nothing changes
nothing; sentences keep their promises.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vocoder.errors import TextError
from vocoder.text import (
    Analysis,
    Ipa,
    SpeechInput,
    Ssml,
    analyse,
    analyser_of,
    analysis_of,
    field_name_of,
)
from vocoder.text.features import category_sizes
from vocoder.text.inventory import PAUSE
from vocoder.text.ssml.say_as import INTERPRETATIONS

_VALUES = {
    "rate": ["slow", "150%", "+10%", "-50%", "0.7", "x-fast", "?"],
    "pitch": ["high", "+2st", "-10%", "+15Hz", "200Hz", "?"],
    "range": ["x-low", "+20%", "?"],
    "volume": ["loud", "silent", "+6dB", "50", "-20%", "?"],
    "level": ["strong", "moderate", "reduced", "none", "?"],
    "time": ["0s", "1s", "250ms", "+.5s", "10s", "?"],
    "strength": ["none", "weak", "x-strong", "?"],
    "name": ["a", "otto", "anna", "tiny", ""],
    "alias": ["World Wide Web", "5 km", "", "日本", "Wait. No!", "A"],
    "interpret-as": [*INTERPRETATIONS, "?"],
    "format": ["mdy", "dmy", "yyyymmdd", "hms12", "1", "USD", "ordinal", ""],
    "ph": ["həˈloʊ", "kæt", "ˈpiː.kɑn paɪ", "", "9", "."],
    "alphabet": ["ipa", "x-sampa"],
    "xml:lang": ["en-US", "de"],
    "role": ["x"],
    "blink": ["x"],
}
_ELEMENTS = [
    "p", "s", "w", "token", "lang", "voice", "prosody", "emphasis", "break", "mark", "sub",
    "say-as", "phoneme", "metadata", "audio", "blink",
]  # fmt: skip
_TEXT = st.one_of(
    st.sampled_from(
        ["Hello", " ", "the", ". ", ", ", "?", "!", "\n", "\n\n", "Dr. ", "$5", "3/4/2021", "it's",
        "A", "a", "日本", "😀", "'s", "-", "5", " km", "U.S.", "("]
    ),
    st.sampled_from([")", "ꔀ", "\u200b", "\u0301"]),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
)  # fmt: skip
_ATTRIBUTES = st.dictionaries(st.sampled_from(sorted(_VALUES)), st.integers(0, 15), max_size=3)


def _element(name: str, attributes: dict[str, int], inside: list[str]) -> str:
    wanted = {
        "prosody": ["rate", "pitch", "volume"], "say-as": ["interpret-as", "format"],
        "sub": ["alias"], "phoneme": ["ph"], "mark": ["name"], "voice": ["name"],
        "break": ["time"], "lang": ["xml:lang"], "emphasis": ["level"],
    }  # fmt: skip
    numbers = dict.fromkeys(wanted.get(name, [])[:1], 0) | {
        key: attributes[key]
        for key in attributes
        if key in wanted.get(name, []) or attributes[key] == 15
    }
    said = "".join(
        f" {key}={quoteattr(_VALUES[key][number % len(_VALUES[key])])}"
        for key, number in numbers.items()
    )
    return f"<{name}{said}>{'' if name in ('break', 'mark') else ''.join(inside)}</{name}>"


_LEAF = _TEXT.map(escape)
_TREE = st.recursive(
    _LEAF,
    lambda inner: (
        st.builds(_element, st.sampled_from(_ELEMENTS), _ATTRIBUTES, st.lists(inner, max_size=4))
        | st.lists(inner, max_size=5).map("".join)
    ),
    max_leaves=25,
)
_DOCUMENT = st.lists(_TREE, max_size=6).map(lambda parts: f"<speak>{''.join(parts)}</speak>")


def taken_apart(given: SpeechInput) -> Analysis | None:
    """What is made of it; None where it is refused as it should be."""
    refused: TextError | None = None
    try:
        return analysis_of(
            analyser_of(given, language="en-us", voice="tiny", speakers=("anna", "otto"))
        )
    except TextError as error:
        refused = error
    assert refused.field == field_name_of(given)
    assert str(refused).isprintable()
    return None


def holds(document: str, analysis: Analysis) -> None:
    """What sentences promise."""
    for sentence in analysis.sentences:
        features, delivery = sentence.features, sentence.delivery
        assert delivery is not None
        assert 0 <= sentence.start < sentence.end <= len(document)
        assert len(sentence.origins) == len(sentence.text)
        assert list(sentence.origins) == sorted(sentence.origins)
        assert features.phonemes[0] == features.phonemes[-1] == PAUSE
        assert (features.categories < np.array(category_sizes())).all()
        assert features.word_index.max() < len(sentence.words) == len(sentence.places)
        assert all(word and not set(word) & set(" ,;:.?!—") for word in sentence.words)
        assert all(
            place is None or 0 <= place[0] < place[1] <= len(sentence.text)
            for place in sentence.places
        )
        assert len(delivery.styles) == len(delivery.pauses) == features.num_phonemes
        assert features.pauses[~np.isnan(delivery.pauses)].all(), (
            "only pauses have a length of their own"
        )
        assert all(0 <= mark.phoneme <= features.num_phonemes for mark in delivery.marks)
        assert [mark.phoneme for mark in delivery.marks] == sorted(
            mark.phoneme for mark in delivery.marks
        )
    for skipped in analysis.skipped:
        assert 0 <= skipped.start < len(document)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@example('<speak>Hello<sub alias="World Wide Web"> </sub></speak>')
@given(_DOCUMENT)
def test_any_tree_of_elements_is_read_or_refused(document: str) -> None:
    analysis = taken_apart(Ssml(document))
    if analysis is not None:
        holds(document, analysis)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    _DOCUMENT,
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.integers(0, 3),
            st.sampled_from(
                ["<", ">", "&", "/", '"', "\0", "<!", "]]>", "&#", "=", "\ud800", "é", "<?"]
            ),
        ),
        max_size=4,
    ),
)
def test_any_damaged_document_is_read_or_refused(
    document: str, edits: list[tuple[int, int, str]]
) -> None:
    for at, dropped, put in edits:
        document = document[:at] + put + document[at + dropped :]
    analysis = taken_apart(Ssml(document))
    if analysis is not None:
        holds(document, analysis)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_string_at_all_is_refused_or_read(document: str) -> None:
    for kind in (Ssml(document), Ssml(f"<speak>{document}</speak>"), Ipa(document)):
        taken_apart(kind)


@settings(max_examples=200, deadline=None)
@given(st.lists(_TEXT.filter(str.isprintable), max_size=12).map("".join))
def test_a_document_of_text_alone_is_the_text(text: str) -> None:
    before, after = analyse(text), taken_apart(Ssml(f"<speak>{escape(text)}</speak>"))
    assert after is not None
    assert [
        (one.text, one.words, one.places, one.rises, one.features.phonemes)
        for one in before.sentences
    ] == [
        (one.text, one.words, one.places, one.rises, one.features.phonemes)
        for one in after.sentences
    ]
    assert [(one.text, one.reason) for one in before.skipped] == [
        (one.text, one.reason) for one in after.skipped
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["Hello", "the", "U.S.", "$5", "it's", "Dr.", "Lee,", "A", "3 km.", "What?"]
        ),
        min_size=1,
        max_size=12,
    )
)
def test_marks_and_plain_styles_change_nothing(words: list[str]) -> None:
    plain = taken_apart(Ssml(f"<speak>{' '.join(words)}</speak>"))
    marked = taken_apart(
        Ssml(
            "<speak>"
            + " ".join(
                f"<mark name='m'/><emphasis level='none'>{word}</emphasis>" for word in words
            )
            + "</speak>"
        )
    )
    assert plain is not None
    assert marked is not None
    assert [(one.text, one.words, one.features.phonemes) for one in plain.sentences] == [
        (one.text, one.words, one.features.phonemes) for one in marked.sentences
    ]
    assert sum(
        len(one.delivery.marks) for one in marked.sentences if one.delivery is not None
    ) == len(words)
