"""The page's files: who gets them, with which headers, and that all are there."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.keys import make_key
from service.settings import ServiceSettings

FOLDER = Path(__file__).parents[3] / "service/page/static"
FILES = sorted(path.name for path in FOLDER.iterdir())


class Named(HTMLParser):
    """What the page names: its own files, ids, and who refers to them."""

    def __init__(self) -> None:
        super().__init__()
        self.files: set[str] = set()
        self.ids: list[str] = []
        self.referred: set[str] = set()
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("src", "href"):
                self.files.add(value or "")
            elif name == "id":
                self.ids.append(value or "")
            elif name in ("for", "aria-describedby", "aria-labelledby", "data-of"):
                self.referred.add(value or "")
            elif name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")


@pytest.fixture(scope="module")
def named() -> Named:
    parser = Named()
    parser.feed((FOLDER / "index.html").read_text("utf-8"))
    return parser


async def test_the_page_and_its_files_are_kept_by_their_tag(client: httpx.AsyncClient) -> None:
    for path in ("/", *(f"/page/{name}" for name in FILES)):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.content
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "http" not in answer.headers["content-security-policy"]
        assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == (
            "nosniff",
            "no-cache",
        )
        again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "content-security-policy" in again.headers
        head = await client.head(path)
        assert (head.status_code, head.content, head.headers["etag"]) == (
            200,
            b"",
            answer.headers["etag"],
        )


@pytest.mark.parametrize("path", ["/", "/page/index.html"])
async def test_the_page_offers_every_format_with_the_extension_of_its_file(
    client: httpx.AsyncClient, path: str
) -> None:
    offered = re.findall(
        r'<option data-extension="(\w+)">(\w+)</option>', (await client.get(path)).text
    )
    assert offered == [
        ("wav", "wav"), ("pcm", "pcm"), ("ul", "mulaw"), ("flac", "flac"), ("ogg", "opus"), ("mp3",
        "mp3"), ("aac", "aac"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("index.html", "text/html"),
        ("main.js", "text/javascript"),
        ("style.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
    ],
)
async def test_every_file_says_what_it_is(client: httpx.AsyncClient, name: str, kind: str) -> None:
    assert (await client.get(f"/page/{name}")).headers["content-type"].partition(";")[0] == kind


@pytest.mark.parametrize(
    "path",
    [
        "/page/",
        "/page/nothing.js",
        "/page/..%2fapp.py",
        "/page/%00",
        "/page/x/y",
        f"/page/{'a' * 5_000}",
    ],
)
async def test_nothing_else_is_there(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_the_page_is_read_but_not_written(client: httpx.AsyncClient) -> None:
    for method, path in (("PUT", "/"), ("POST", "/page/main.js")):
        assert (await client.request(method, path)).status_code == 405


async def test_the_page_needs_no_key_and_what_it_asks_for_does(
    settings: ServiceSettings, worker: Supervisor, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(make_key("anna")[1] + "\n")
    app = create_app(dataclasses.replace(settings, key_file=tmp_path / "keys"), worker=worker)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        assert [
            (await client.get(path)).status_code
            for path in ("/", "/page/main.js", "/voices", "/page")
        ] == [200, 200, 401, 401]


def test_what_the_page_names_is_there(named: Named) -> None:
    assert {name.removeprefix("page/") for name in named.files} == {
        "icon.svg",
        "style.css",
        "main.js",
    }
    assert len(named.ids) == len(set(named.ids))
    assert named.referred <= set(named.ids)
    assert not named.inline, "the policy forbids it"


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_modules_import_what_is_there(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert set(re.findall(r'(?:from|new URL\()\s*"([\w./]+\.js)"', text)) <= {
        *FILES,
        *(f"./{one}" for one in FILES),
    }
