"""Lexicons as the W3C's PLS 1.0 has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocoder.errors import InputError
from vocoder.text import Lexicon
from vocoder.text.lexicon import from_pls, read_lexicon, to_pls

NAMESPACE = "http://www.w3.org/2005/01/pronunciation-lexicon"
HEAD = f'<lexicon version="1.0" xmlns="{NAMESPACE}" alphabet="ipa" xml:lang="en-US">'
# After the examples of the specification's section 1.3 and 4.
DOCUMENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<p:lexicon version="1.0" xmlns:p="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
      xsi:schemaLocation="{NAMESPACE}
        http://www.w3.org/TR/2007/CR-pronunciation-lexicon-20071212/pls.xsd"
      alphabet="ipa" xml:lang="en-US">
  <p:metadata>
    <rdf xmlns="urn:rdf"><Description x="1">anything</Description></rdf>
  </p:metadata><p:meta name="a" content="b"/>
  <p:lexeme xml:id="one" role="verb"><!-- two spellings -->
    <p:grapheme>theatre</p:grapheme> <p:grapheme> theater </p:grapheme>
    <p:phoneme>ˈθɪətər</p:phoneme> <p:phoneme prefer="true">ˈziː&#x259;</p:phoneme>
    <p:example>No words: the theatre.</p:example>
  </p:lexeme>
  <p:lexeme role="noun"><p:grapheme>theatre</p:grapheme><p:phoneme>ə</p:phoneme></p:lexeme>
  <p:lexeme><p:grapheme>W3C</p:grapheme><p:alias>World Wide Web Consortium</p:alias></p:lexeme>
</p:lexicon>
"""


def test_a_document_of_the_specification_is_read() -> None:
    lexicon = from_pls(DOCUMENT, language="en-us")
    assert lexicon == Lexicon.of(
        {"theatre": "ˈziːə", "theater": "ˈziːə", "W3C": {"alias": "World Wide Web Consortium"}}
    )
    assert (
        read_lexicon(DOCUMENT.replace("UTF-8", "UTF-16").encode("utf-16"), language="en-gb")
        == lexicon
    )


def test_it_is_written_as_it_is_read() -> None:
    lexicon = Lexicon.of({"SQL": "ˈsiː kwəl", "AT-T": {"alias": 'A & "T" <'}, "Łódź": "wutʃ"})
    document = to_pls(lexicon, language="en-us")
    assert from_pls(document, language="en-us") == lexicon
    assert 'xml:lang="en-US"' in document


@pytest.mark.parametrize(
    "document, why",
    [
        (
            f"{HEAD}<lexeme><grapheme>a</grapheme><phoneme>ǁ</phoneme></lexeme></lexicon>",
            r"IPA of 'a' has 'ǁ', .* no phoneme for \(line 1, column \d+\)",
        ),
        (
            f"{HEAD}\n<lexeme><grapheme>New York</grapheme><phoneme>ə</phoneme></lexeme></lexicon>",
            r"'New York' is not one word.*\(line 2, column 9\)",
        ),
        (
            f"{HEAD}\n <lexeme><grapheme>a</grapheme></lexeme></lexicon>",
            r"neither phoneme nor alias \(line 2, column 2\)",
        ),
        (f"{HEAD}<lexeme><phoneme>ə</phoneme></lexeme></lexicon>", "has no grapheme"),
        (
            (
                f"{HEAD}<lexeme><grapheme>a</grapheme><phoneme "
                f"alphabet='x-sampa'>@</phoneme></lexeme></lexicon>"
            ),
            "alphabet is 'x-sampa', and 'ipa' is read",
        ),
        (
            (
                f"{HEAD}<lexeme><grapheme>a</grapheme><phoneme "
                f"prefer='yes'>ə</phoneme></lexeme></lexicon>"
            ),
            "prefer is true or false",
        ),
        (
            f"{HEAD}<lexeme><grapheme>a</grapheme><phoneme>ə<b/></phoneme></lexeme></lexicon>",
            "element b is not PLS",
        ),
        (f"{HEAD}<word/></lexicon>", "element word is not PLS"),
        (f"{HEAD}<x xmlns='urn:x'/></lexicon>", "element x of urn:x is not PLS"),
        (
            f"{HEAD}<grapheme>a</grapheme></lexicon>",
            "element grapheme is not PLS .nothing like it stands in lexicon",
        ),
        (f"{HEAD}a</lexicon>", "text in lexicon, where none may be"),
        (f"{HEAD}<lexeme>a</lexeme></lexicon>", "text in lexeme"),
        (
            f"{HEAD}<lexeme><grapheme>Polish</grapheme><grapheme>polish</grapheme><phoneme>ə</phoneme></lexeme></lexicon>",
            "'polish' twice: capitals make no difference",
        ),
        ("<lexicon version='1.0' alphabet='ipa' xml:lang='en'/>", "PLS's namespace is"),
        ("<html/>", "element html is not PLS"),
        (HEAD.replace("1.0", "2.0") + "</lexicon>", "version is '2.0'"),
        (HEAD.replace("ipa", "x-sampa") + "</lexicon>", "alphabet is 'x-sampa'"),
        (HEAD.replace("en-US", "") + "</lexicon>", "no xml:lang"),
        (
            HEAD.replace("en-US", "de-AT") + "</lexicon>",
            "language is 'de-AT', and the voice's is 'en-us'",
        ),
        (HEAD, r"not well-formed XML: no element found at line 1"),
        (
            (
                f'<!DOCTYPE lexicon PUBLIC "-//W3C//DTD PLS 1.0//EN" '
                f'"http://www.w3.org/TR/pronunciation-lexicon/pls.dtd">{HEAD}</lexicon>'
            ),
            "has a DOCTYPE",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(document: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read_lexicon(document.encode(), language="en-us")
    assert caught.value.field == "lexicon"


PIECES = st.sampled_from(
    [HEAD, "</lexicon>", "<lexeme>", "</lexeme>", "<grapheme>", "</grapheme>",
    "<phoneme prefer='true'>", "</phoneme>", "<alias>", "</alias>", "<metadata>",
     "</metadata>", "<example/>", "a", "ə", "ǁ", "&amp;", "&x;", "<!DOCTYPE a>", "<!--", "-->",
     "<![CDATA[", "]]>", "\0", "\ud800", "é", "<", ">"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join), st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_pieces_of_pls_are_read_or_refused(document: str, encoding: str) -> None:
    try:
        lexicon = read_lexicon(document.encode(encoding, "replace"), language="en-us")
    except InputError:
        return
    assert read_lexicon(to_pls(lexicon, language="en-us").encode()) == lexicon


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(document: bytes) -> None:
    for whole in (document, f"{HEAD}<lexeme><grapheme>".encode() + document, b"<" + document):
        try:
            read_lexicon(whole)
        except InputError:
            continue
