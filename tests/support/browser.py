"""A real browser without a screen, driven over the DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, WSMsgType

from tests.support.processes import kill_hard, start_apart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import ClientWebSocketResponse

NO_BROWSER = "no Chromium on PATH"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,700",
    "--remote-debugging-port=0",
)
_SECONDS = 30.0
_LISTENS = re.compile(rb"DevTools listening on ws://127\.0\.0\.1:(\d+)/")
# which letters were ever painted: the terminal is a picture
_WATCH = """
window.painted = new Set();
const paint = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    [...text].forEach((each) => window.painted.add(each));
    return paint.call(this, text, ...rest);
};
"""


def require_browser() -> str:
    """Return the program; without one skip the test, or fail where it must be there."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        if os.environ.get("WTA_REQUIRE_CHROMIUM") == "1":
            pytest.fail(f"{NO_BROWSER}, and WTA_REQUIRE_CHROMIUM=1")
        pytest.skip(NO_BROWSER)
    return found


class Tab:
    """The one tab of a browser: what its sockets received, and what went wrong in it."""

    def __init__(self, devtools: ClientWebSocketResponse) -> None:
        self._devtools = devtools
        self._calls = 0
        self.received = ""
        self.complaints: list[str] = []

    async def open(self, address: str) -> None:
        """Go to an address."""
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        await self.call("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)
        await self.call("Page.navigate", url=address)

    async def press(self, key: str, code: int, *, text: str = "", control: bool = False) -> None:
        """Press one key; `code` is the old number that browsers give it."""
        named = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 2 if control else 0}
        await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **named)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    async def painted(self) -> str:
        """Return every letter that was painted so far."""
        said = await self.call("Runtime.evaluate", expression="[...window.painted].join('')")
        return str(said["result"]["value"])

    async def place(self) -> str:
        """Return the address that is shown."""
        said = await self.call("Runtime.evaluate", expression="location.href")
        return str(said["result"]["value"])

    async def until(self, words: str) -> None:
        """Let the page work until its sockets received these words."""
        async with asyncio.timeout(_SECONDS):
            while words not in self.received:
                self._hear(await self._devtools.receive_json())

    async def call(self, method: str, **parameters: Any) -> Any:
        """Ask the browser for something and return its answer."""
        self._calls += 1
        await self._devtools.send_json({"id": self._calls, "method": method, "params": parameters})
        while True:
            said = await self._devtools.receive_json()
            if said.get("id") == self._calls:
                return said["result"]
            self._hear(said)

    def _hear(self, said: dict[str, Any]) -> None:
        facts = said.get("params", {})
        match said["method"]:
            case "Network.webSocketFrameReceived":
                content = facts["response"]["payloadData"]
                self.received += base64.b64decode(content).decode(errors="replace")
            case "Log.entryAdded" if facts["entry"]["level"] == "error":
                self.complaints.append(facts["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(facts["exceptionDetails"]["text"])
            case _:
                pass


@asynccontextmanager
async def a_tab(profile: Path) -> AsyncIterator[Tab]:
    """Start a browser of its own and close it at the end."""
    program = require_browser()
    process = start_apart([program, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"])
    with process:
        try:
            assert process.stderr is not None
            found = next(filter(None, map(_LISTENS.search, process.stderr)))
            async with ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{found[1].decode()}/json") as answer:
                    pages = [each for each in await answer.json() if each["type"] == "page"]
                address = pages[0]["webSocketDebuggerUrl"]
                async with session.ws_connect(address, max_msg_size=0) as devtools:
                    yield Tab(devtools)
                    await devtools.send_json({"id": 0, "method": "Browser.close"})
                    async for message in devtools:
                        assert message.type is WSMsgType.TEXT
            await asyncio.to_thread(process.communicate, timeout=_SECONDS)
        finally:
            kill_hard(process.pid)
