"""The page at `/`, for people: it speaks what is typed, in the browser, by way of the same API that
programs use.

Its files lie in `service/page/static` and need no building; the list of formats is put into the
page when the service starts. They ask for nothing that is
not of this origin: the policy that is sent along forbids it.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from vocoder.audio.formats import HTTP_FORMATS

_FOLDER = Path(__file__).parent / "static"
_INDEX = "index.html"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
    "'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # kept, and asked about by its ETag: so all files of a page are of one release
    "Cache-Control": "no-cache",
}


def make_page_router() -> APIRouter:
    """`GET /`, and the files that the page consists of below `/page/`. No key is asked for
    (`service.http.middleware`); the page itself shows one.
    """
    router = APIRouter()
    files = StaticFiles(directory=_FOLDER)
    options = "".join(
        f'<option data-extension="{form.extension}">{name}</option>'
        for name, form in HTTP_FORMATS.items()
    )
    index = (_FOLDER / _INDEX).read_text("utf-8").replace("<!-- formats -->", options)
    index_tag = f'"{hashlib.sha256(index.encode()).hexdigest()[:32]}"'
    names = frozenset(path.name for path in _FOLDER.iterdir())

    async def answer(request: Request, name: str) -> Response:
        if name not in names:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        response: Response = HTMLResponse(index, headers={"ETag": index_tag})
        if name != _INDEX:
            response = await files.get_response(name, request.scope)
        elif files.is_not_modified(response.headers, request.headers):
            response = NotModifiedResponse(response.headers)
        response.headers.update(_HEADERS)
        return response

    @router.get(
        "/",
        response_class=HTMLResponse,
        responses={
            200: {"content": {"text/html": {"example": "<!doctype html>"}}},
            304: {"description": "It is that of `If-None-Match`."},
        },
    )
    async def get_page(request: Request) -> Response:
        """The page."""
        return await answer(request, _INDEX)

    @router.get("/page/{name}", include_in_schema=False)
    async def part(request: Request, name: str) -> Response:
        """One of its files."""
        return await answer(request, name)

    return router
