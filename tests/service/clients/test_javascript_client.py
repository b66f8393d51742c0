"""docs/clients/sonant-client.mjs against the service: in Chromium, and in Node where there is
one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.service.clients.conftest import CHECK, CLIENT
from tests.service.clients.laws import Client, ClientLaws, Kind

NODE = shutil.which("node")
RUN = (
    "const [client, check, ...given] = process.argv.slice(1); import(check).then(async (it) => "
    "console.log(JSON.stringify(await it.check(await import(client), "
    "...given.map(JSON.parse)))));"
)


@pytest.mark.browser
class TestInChromium(ClientLaws):
    @pytest.fixture
    def client(self, browser: Browser, service: str) -> Iterator[Client]:
        page = browser.new_page()
        # a page of another origin than the proxy's, and without a policy of its own
        page.goto(f"{service}/voices")

        def use(url: str, order: dict[str, Any], kind: Kind) -> dict[str, Any]:
            code = (
                "async (given) => (await import('/page/check.mjs')).check(await "
                "import('/page/client.mjs'), ...given)"
            )
            found: dict[str, Any] = page.evaluate(code, [url, order, kind])
            return found

        yield use
        page.close()


if NODE is not None:  # else Chromium alone holds it to the same laws

    class TestInNode(ClientLaws):
        @pytest.fixture
        def client(self) -> Client:
            def use(url: str, order: dict[str, Any], kind: Kind) -> dict[str, Any]:
                given = [json.dumps(one) for one in (url, order, kind)]
                command = [NODE, "-e", RUN, "--", CLIENT.as_uri(), CHECK.as_uri(), *given]
                found: dict[str, Any] = json.loads(
                    subprocess.run(command, capture_output=True, check=True, text=True).stdout
                )
                return found

            return use
