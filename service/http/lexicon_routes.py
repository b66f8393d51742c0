"""The addresses at which the lexicons of voices are looked at and edited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from service.frontend.lexicon_store import LexiconStore, StoredLexicon, entry_tag
from service.http.error_responses import RequestError
from service.http.lexicon_field import EXAMPLE, SAID, WORDS
from service.http.openapi import json_body
from service.http.preconditions import check_edit, is_known
from service.http.request_body import media_type_of, parse_json, read_body, read_bytes
from service.http.routes import BODY_REFUSALS, REFUSALS
from service.http.schemas import ProblemAnswer
from service.settings import ServiceSettings
from vocoder.errors import InputError
from vocoder.text.lexicon import Lexicon, LexiconEntry, from_pls, key_of, to_pls
from vocoder.text.lexicon.pls import MEDIA_TYPE as PLS
from vocoder.text.xml import decode_xml

_JSON, _PATCH = "application/json", "application/merge-patch+json"
_PLS_MARK = '-pls"'  # ends the tag of the PLS form: a strong tag is of bytes, and those are others
_PLS_EXAMPLE = to_pls(Lexicon.of(EXAMPLE), language="en-us")
_TAG_HEADER = {
    "ETag": {
        "description": (
            "Send it as `If-Match` with an edit, which is then refused where somebody "
            "else was faster."
        ),
        "schema": {"type": "string"},
    }
}
_MISSING: dict[int | str, dict[str, Any]] = {
    404: {
        "model": ProblemAnswer,
        "description": "There is no such voice here, or no such word in its lexicon.",
    }
}
_LOOKED: dict[int | str, dict[str, Any]] = {
    304: {"description": "It is what `If-None-Match` names."},
    **_MISSING,
    422: BODY_REFUSALS[422],
    500: REFUSALS[500],
}
_EDITED: dict[int | str, dict[str, Any]] = {
    204: {"description": "It is stored.", "headers": _TAG_HEADER},
    403: {
        "model": ProblemAnswer,
        "description": "Lexicons are not stored here: the service was started without --lexicons.",
    },
    412: {
        "model": ProblemAnswer,
        "description": "It is not what `If-Match` names, or `If-None-Match` excludes.",
    },
    **_MISSING,
    **BODY_REFUSALS,
    500: REFUSALS[500],
}
_WORD = {"word": "SQL", "ipa": "ˈsiːkwəl", "alias": None}
_PATCH_SCHEMA = {
    "type": "object",
    "additionalProperties": {"anyOf": [*SAID["anyOf"], {"type": "null"}]},
    "examples": [{"SQL": None, "GIF": "dʒɪf"}],
}

VoiceName = Annotated[
    str, Path(description="Name of a voice that `GET /voices` lists.", examples=["kathleen"])
]
WordName = Annotated[
    str,
    Path(description="As it is written in a text; capitals make no difference.", examples=["SQL"]),
]


class WordRequest(BaseModel):
    """How a word is said: one of both."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"ipa": "ˈsiːkwəl"}]},
    )

    ipa: str | None = Field(None, description="Its IPA.")
    alias: str | None = Field(None, description="A text that is read in its place.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.ipa is None) == (self.alias is None):
            raise PydanticCustomError(
                "conflict", "a word has either ipa or alias", {"field": "ipa"}
            )
        return self

    def entry(self, word: str) -> LexiconEntry:
        """The word's entry. Errors as `LexiconEntry.of`."""
        return LexiconEntry.of(
            word, {"ipa": self.ipa} if self.alias is None else {"alias": self.alias}
        )


class Word(BaseModel):
    """A word of a lexicon."""

    word: str = Field(description="As it was listed; capitals make no difference.")
    ipa: str | None = Field(description="Its IPA; null where it has an alias.")
    alias: str | None = Field(
        description="A text that is read in its place; null where it has IPA."
    )


def make_lexicon_router(lexicons: LexiconStore, settings: ServiceSettings) -> APIRouter:
    """The routes to these lexicons."""
    router = APIRouter()
    address = "/voices/{voice}/lexicon"
    forms = {
        _JSON: {"schema": WORDS, "example": EXAMPLE},
        PLS: {"schema": {"type": "string"}, "example": _PLS_EXAMPLE},
    }

    def body_of(content: dict[str, Any]) -> dict[str, Any]:
        return {"requestBody": {"required": True, "content": content}}

    def stored(voice: str) -> StoredLexicon:
        found = lexicons.of(voice)
        if found is None:
            raise RequestError(
                HTTPStatus.NOT_FOUND,
                "unknown_voice",
                f"there is no voice {voice!r} here",
                field="voice",
            )
        return found

    def editable(voice: str) -> None:
        stored(voice)
        if not lexicons.can_be_edited:
            message = (
                "lexicons are not stored here, so they cannot be edited: start the service "
                "with --lexicons DIR"
            )
            raise RequestError(HTTPStatus.FORBIDDEN, "read_only", message)

    async def edit(request: Request, voice: str, change: Callable[[Lexicon], Lexicon]) -> Response:
        def checked(before: StoredLexicon) -> Lexicon:
            check_edit(request.headers, _same_form(before.tag, request.headers.get("if-match", "")))
            return change(before.lexicon)

        after = await lexicons.edit(voice, checked)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"ETag": after.tag})

    @router.get(
        address,
        response_class=Response,
        responses={
            200: {"description": "The words.", "content": forms, "headers": _TAG_HEADER},
            **_LOOKED,
        },
    )
    async def get_lexicon(request: Request, voice: VoiceName) -> Response:
        """The lexicon that is stored for a voice, as JSON, or as PLS where `Accept` asks for it.
        Empty where none is stored.
        """
        found = stored(voice)
        wants_pls = _wants_pls(request.headers.get("accept", ""))
        headers = {"ETag": _tag_of_pls(found.tag) if wants_pls else found.tag, "Vary": "Accept"}
        if is_known(request.headers, headers["ETag"]):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if wants_pls:
            return Response(
                await asyncio.to_thread(to_pls, found.lexicon, language=found.language),
                media_type=PLS,
                headers=headers,
            )
        return Response(found.json, media_type=_JSON, headers=headers)

    @router.put(
        address,
        status_code=204,
        response_class=Response,
        responses=_EDITED,
        openapi_extra=body_of(forms),
    )
    async def replace_lexicon(request: Request, voice: VoiceName) -> Response:
        """Stores a lexicon for a voice, JSON or PLS, in place of the one that was there."""
        editable(voice)
        media_type = media_type_of(request, _JSON, PLS)
        body = await read_bytes(request, settings.lexicon_limit)

        def change(_: Lexicon) -> Lexicon:
            if media_type == _JSON:
                return Lexicon.of(parse_json(body))
            return from_pls(
                decode_xml(body, what="the lexicon", field="lexicon"),
                language=stored(voice).language,
            )

        return await edit(request, voice, change)

    @router.patch(
        address,
        status_code=204,
        response_class=Response,
        responses=_EDITED,
        openapi_extra=body_of({form: {"schema": _PATCH_SCHEMA} for form in (_PATCH, _JSON)}),
    )
    async def merge_lexicon(request: Request, voice: VoiceName) -> Response:
        """Changes some words of a lexicon (JSON merge patch, RFC 7396): those with null are taken
        away, others are added or replaced.
        """
        editable(voice)
        media_type_of(request, _PATCH, _JSON)
        body = await read_bytes(request, settings.lexicon_limit)
        return await edit(request, voice, lambda before: before.edited(_changes(parse_json(body))))

    @router.get(
        f"{address}/{{word}}",
        responses={
            200: {
                "description": "The word.",
                "headers": _TAG_HEADER,
                "content": {_JSON: {"example": _WORD}},
            },
            **_LOOKED,
        },
        response_model=Word,
    )
    async def get_lexicon_word(request: Request, voice: VoiceName, word: WordName) -> Response:
        """One word of the lexicon that is stored for a voice."""
        entry = _entry(stored(voice).lexicon, _key(word))
        headers = {"ETag": entry_tag(entry)}
        if is_known(request.headers, headers["ETag"]):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return JSONResponse(
            Word(word=entry.word, ipa=entry.ipa, alias=entry.alias).model_dump(), headers=headers
        )

    @router.put(
        f"{address}/{{word}}",
        status_code=204,
        response_class=Response,
        responses=_EDITED,
        openapi_extra=json_body(WordRequest),
    )
    async def put_lexicon_word(request: Request, voice: VoiceName, word: WordName) -> Response:
        """Adds a word to the lexicon of a voice, or says it in another way."""
        editable(voice)
        key = _key(word)
        entry = (await read_body(request, WordRequest, limit=settings.body_limit)).entry(word)

        def change(before: StoredLexicon) -> Lexicon:
            known = before.lexicon.entries.get(key)
            check_edit(request.headers, None if known is None else entry_tag(known))
            return before.lexicon.edited({key: entry})

        await lexicons.edit(voice, change)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"ETag": entry_tag(entry)})

    @router.delete(
        f"{address}/{{word}}", status_code=204, response_class=Response, responses=_EDITED
    )
    async def delete_lexicon_word(request: Request, voice: VoiceName, word: WordName) -> Response:
        """Takes a word out of the lexicon of a voice."""
        editable(voice)
        key = _key(word)

        def change(before: StoredLexicon) -> Lexicon:
            check_edit(request.headers, entry_tag(_entry(before.lexicon, key)))
            return before.lexicon.edited({key: None})

        await lexicons.edit(voice, change)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return router


def _wants_pls(accept: str) -> bool:
    """Whether PLS is named before JSON."""
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return next((name for name in named if name in (_JSON, PLS)), _JSON) == PLS


def _tag_of_pls(tag: str) -> str:
    return tag.removesuffix('"') + _PLS_MARK


def _same_form(tag: str, header: str) -> str:
    """The tag in the form that a header has it in: both stand for the same lexicon."""
    return _tag_of_pls(tag) if _tag_of_pls(tag) in header else tag


def _key(word: str) -> str:
    try:
        return key_of(word)
    except InputError as error:
        raise InputError(str(error), field="word") from error


def _entry(lexicon: Lexicon, key: str) -> LexiconEntry:
    if key not in lexicon.entries:
        raise RequestError(
            HTTPStatus.NOT_FOUND, "unknown_word", f"the lexicon does not have {key!r}", field="word"
        )
    return lexicon.entries[key]


def _changes(patch: dict[str, Any]) -> dict[str, LexiconEntry | None]:
    changes: dict[str, LexiconEntry | None] = {}
    for word, said in patch.items():
        key = key_of(word)
        if key in changes:
            raise InputError(
                f"the lexicon has {word!r} twice: capitals make no difference", field="lexicon"
            )
        changes[key] = None if said is None else LexiconEntry.of(word, said)
    return changes
