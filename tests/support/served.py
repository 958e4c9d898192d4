"""`wta dashboard --web` for tests: beside the test in its event loop, or as the program it is."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.processes import start_apart
from tests.support.warm import WTA
from wtagents.dashboard.web.server import Offer, Server, Voice
from wtagents.dashboard.web.shown import Shown
from wtagents.system.sharing.loopback import listen_on_loopback

if TYPE_CHECKING:
    import subprocess
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from aiohttp import ClientSession, ClientWebSocketResponse

    from wtagents.operations.context import Context

_SECONDS = 30.0
"""How long a page may take to show something."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?$]*[A-Za-z]|\][^\x07]*\x07)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What the server says: `http://127.0.0.1:PORT/?token=TICKET`."""

    whole: str

    @property
    def origin(self) -> str:
        """Return scheme, host and port."""
        return self.whole.partition("/?")[0]

    @property
    def port(self) -> int:
        """Return the port."""
        return int(self.origin.rpartition(":")[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedHere:
    """A server in the event loop of the test, and what it said to the person."""

    addresses: list[Address] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@asynccontextmanager
async def served_here(context: Context, *, most_pages: int = 8) -> AsyncIterator[ServedHere]:
    """Serve a dashboard that only looks, in the event loop of the test."""
    seen = ServedHere()
    offer = Offer(
        shown=Shown(common_dir=context.common_dir, theme="wta-dark", may_act=False),
        title="project",
        log=context.paths.web_log,
        most_pages=most_pages,
    )
    sockets = listen_on_loopback(0)
    voice = Voice(
        invite=lambda whole: seen.addresses.append(Address(whole=whole)), tell=seen.told.append
    )
    server = Server(offer, port=sockets[0].getsockname()[1], voice=voice)
    try:
        await server.begin(sockets)
        yield seen
    finally:
        await server.end()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedApart:
    """The program, and the first address that it said."""

    process: subprocess.Popen[bytes]
    address: Address

    def interrupt(self) -> tuple[int, list[str], list[str]]:
        """Press Ctrl-C; return its status and the lines of stdout and stderr that followed."""
        self.process.send_signal(signal.SIGINT)
        stdout, stderr = self.process.communicate(timeout=30)
        return self.process.returncode, stdout.decode().splitlines(), stderr.decode().splitlines()


@contextmanager
def served_apart(repository: Path, *options: str) -> Iterator[ServedApart]:
    """Run `wta dashboard --web`; it is killed at the end where it still runs."""
    process = start_apart([*WTA, "-C", str(repository), "dashboard", "--web", *options])
    with process:
        try:
            assert process.stdout is not None
            yield ServedApart(
                process=process, address=Address(whole=process.stdout.readline().decode().strip())
            )
        finally:
            process.kill()


class Page:
    """A page that is played: it says what the real one says, and reads what is drawn."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._drawn = ""

    @classmethod
    async def open(cls, browser: ClientSession, address: Address) -> Page:
        """Let a browser in and call the application."""
        async with browser.get(address.whole) as page:
            assert page.status == 200, await page.text()
            calls = f"ws{str(page.url).removeprefix('http')}socket?width=80&height=24"
        origin = {"Origin": address.origin}
        return cls(await browser.ws_connect(calls, headers=origin, max_msg_size=0))

    async def say(self, *message: Any) -> None:
        """Say a word and its value."""
        await self._socket.send_str(json.dumps(message))

    async def press(self, keys: str) -> None:
        """Type."""
        await self.say("stdin", keys)

    async def until(self, words: str) -> None:
        """Read until these words were drawn after the last ones that were waited for."""
        try:
            async with asyncio.timeout(_SECONDS):
                while words not in self._drawn:
                    drawn = await self._socket.receive_bytes()
                    self._drawn += _ESCAPES.sub("", drawn.decode(errors="replace"))
        except TimeoutError:
            raise AssertionError(f"{words!r} was not drawn: {self._drawn[-2000:]}") from None
        self._drawn = self._drawn.partition(words)[2]

    async def until_closed(self) -> int | None:
        """Read until the server closes; return its code."""
        async for _ in self._socket:
            pass
        return self._socket.close_code
