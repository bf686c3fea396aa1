"""tus-js-client, the client of tus for browsers, uploads photos from a page of the server's own origin, in Chromium."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from litestar import Litestar
from playwright.sync_api import Browser, Page

from shared.digest import sha256_hex
from sync_server.services import Services
from tests.support.county import fill
from tests.support.devices import RawPhone, asgi, working_phone
from tests.support.serve import on_socket
from tests.support.tus_client import TUS_JS, picture

pytestmark = pytest.mark.extended
PHOTO = picture()
PAGE = """<!DOCTYPE html><title>tus</title><script>%s</script><script>
const blob = (text) => new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
const send = (given) => new Promise((resolve) => {
  const upload = new tus.Upload(blob(given.bytes), {
    endpoint: "/v1/uploads", retryDelays: null, storeFingerprintForResuming: false, ...given.options,
    onSuccess: (end) => resolve({ok: true, url: upload.url,
      receipt: end.lastResponse.getHeader("Doorstep-Receipt")}),
    onError: (error) => resolve({ok: false, status: error.originalResponse.getStatus(),
      body: error.originalResponse.getBody()}),
    onChunkComplete: async () => {
      if (!given.stop) return;
      await upload.abort(given.stop === "terminate");
      resolve({ok: false, url: upload.url});
    },
  });
  upload.start();
});
</script>"""


@pytest.fixture
def phone(app: Litestar, services: Services) -> RawPhone:
    async def enrolled() -> RawPhone:
        async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
            return await working_phone(http, services)

    services.database.write(fill)
    with ThreadPoolExecutor(1) as thread:  # Playwright's loop runs in this one
        return thread.submit(asyncio.run, enrolled()).result()


@pytest.fixture
def page(app: Litestar, browser: Browser) -> Iterator[Page]:
    with on_socket(app) as url:
        context = browser.new_context()
        opened = context.new_page()
        script = TUS_JS.read_text("utf-8")
        opened.route(
            "**/tus-page", lambda r: r.fulfill(content_type="text/html", body=PAGE % script)
        )
        opened.goto(f"{url}/tus-page")
        yield opened
        context.close()


def sent(
    page: Page, phone: RawPhone, data: bytes = PHOTO, *, stop: str = "", **options: Any
) -> dict[str, Any]:
    """What came of an upload; `stop`: after the first piece, abort | terminate."""
    whole = {
        "headers": phone.headers,
        "metadata": {"sha256": sha256_hex(PHOTO), "filetype": "image/jpeg"},
        **options,
    }
    given = {"bytes": base64.b64encode(data).decode(), "options": whole, "stop": stop}
    found: dict[str, Any] = page.evaluate("(given) => send(given)", given)
    return found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunkSize": len(PHOTO) // 5},
        {"uploadDataDuringCreation": True},
        {"overridePatchMethod": True},
        {"uploadDataDuringCreation": True, "chunkSize": len(PHOTO) // 5},
    ],
    ids=["whole", "in pieces", "with its creation", "by POST", "begun with its creation"],
)
def test_a_photo_arrives_with_a_receipt(
    page: Page, phone: RawPhone, services: Services, options: dict[str, Any]
) -> None:
    found = sent(page, phone, **options)
    assert (found["ok"], bool(found["receipt"])) == (True, True)
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


def test_an_upload_that_was_stopped_is_resumed(
    page: Page, phone: RawPhone, services: Services
) -> None:
    piece = len(PHOTO) // 3
    stopped = sent(page, phone, stop="abort", chunkSize=piece)
    upload = stopped["url"].rpartition("/")[2]
    assert services.files.offset(upload) == piece
    assert sent(page, phone, uploadUrl=stopped["url"])["ok"]
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


def test_an_upload_that_was_terminated_is_gone(
    page: Page, phone: RawPhone, services: Services
) -> None:
    sent(page, phone, stop="terminate", chunkSize=len(PHOTO) // 3)
    assert list(services.settings.path("uploads").iterdir()) == []


def test_bytes_that_do_not_have_the_hash_are_refused(page: Page, phone: RawPhone) -> None:
    found = sent(page, phone, PHOTO[:-400] + PHOTO[-399:])
    assert (found["ok"], found["status"]) == (False, 422)
    assert "photo.wrong_hash" in found["body"]


def test_no_upload_begins_without_a_token(page: Page, phone: RawPhone) -> None:
    assert sent(page, phone, headers={})["status"] == 401
