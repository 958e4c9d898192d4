"""The server of `wta dashboard --web`: who is let in gets a page with an application of its own.

    /?token=TICKET    trades the ticket for a cookie and leads to the page
    /PATH/            the page; PATH belongs to one browser, as its cookie does
    /PATH/terminal.js, terminal.css, page.js, page.css
    /PATH/socket      what is drawn and typed

Nothing else is served, nothing is read from the disk on request, and every answer forbids whatever
the page does not need.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, web

from wtagents.core.figures import cut
from wtagents.core.record import record
from wtagents.core.text import visible
from wtagents.dashboard.web.door import Door
from wtagents.dashboard.web.page import Texts, forbid
from wtagents.dashboard.web.showing import LONGEST_MESSAGE, PARTING_SECONDS, show, within
from wtagents.system.command import own_environment
from wtagents.system.files import make_private_folder
from wtagents.system.programs.piped import start_piped
from wtagents.system.sharing.loopback import listen_on_loopback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from wtagents.dashboard.web.shown import Shown
    from wtagents.system.sharing.loopback import Listening

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_APPLICATION = (sys.executable, "-P", "-m", "wtagents.dashboard.web")
_HEARTBEAT_SECONDS = 20.0
_SOCKET = "socket"
_USUAL_SIZE = (("width", 80), ("height", 24))
_LINE = 120
"""Characters of a line about a request, whose headers are anybody's."""
_REFUSED = "refused: open the address that wta dashboard --web printed last\n"


@record
class Offer:
    """What there is to see."""

    shown: Shown
    title: str
    log: Path
    """Takes what the applications complain about."""
    most_pages: int = 8
    """Shown at once; each has a process of its own."""


@record
class Voice:
    """How the server speaks to the person who started it."""

    invite: Callable[[str], None]
    """Says the address that lets the next browser in."""
    tell: Callable[[str], None]
    """Says something that is no secret."""


def serve(offer: Offer, *, port: int, v6: bool, voice: Voice) -> None:
    """Serve until a signal asks for the end; no application is left then.

    Raises StateError when the port cannot be had.
    """
    make_private_folder(offer.log.parent)
    sockets = listen_on_loopback(port, v6=v6)
    server = Server(offer, port=sockets[0].getsockname()[1], voice=voice)
    asyncio.run(_serve(server, sockets))


async def _serve(server: Server, sockets: Sequence[Listening]) -> None:
    ended = asyncio.Event()
    for number in _ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await server.begin(sockets)
        await ended.wait()
    finally:
        await server.end()


class Server:
    """The door, the page, and the applications that are shown."""

    def __init__(self, offer: Offer, *, port: int, voice: Voice) -> None:
        self._offer = offer
        self._port = port
        self._voice = voice
        self._door = Door(port)
        self._pages: set[web.WebSocketResponse] = set()
        self._texts = Texts()
        application = web.Application(middlewares=[self._admit])
        application.router.add_get("/", self._enter, allow_head=False)
        application.router.add_get("/{path}/", self._page, allow_head=False)
        application.router.add_get(f"/{{path}}/{_SOCKET}", self._show, allow_head=False)
        application.router.add_get("/{path}/{name}", self._text, allow_head=False)
        application.on_response_prepare.append(forbid)
        application.on_shutdown.append(self._leave)
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=2 * PARTING_SECONDS
        )

    async def begin(self, sockets: Sequence[Listening]) -> None:
        """Answer on these sockets, and invite the first browser."""
        await self._runner.setup()
        for listening in sockets:
            await web.SockSite(self._runner, listening).start()
        self._invite()

    async def end(self) -> None:
        """Answer nobody any more, and end every application."""
        await self._runner.cleanup()

    def _invite(self) -> None:
        """Say how the next browser gets in."""
        self._voice.invite(f"http://127.0.0.1:{self._port}/?token={self._door.ticket}")

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer nobody but a browser with a key, and whoever comes for one."""
        path, _, rest = request.path.removeprefix("/").partition("/")
        why = self._door.why_strange(
            request.headers.getall("Host", []),
            request.headers.getall("Origin", []),
            calls=rest == _SOCKET,
        )
        cookie = request.cookies.get(self._door.cookie_name, "")
        if not why and request.path != "/" and not self._door.opens(path, cookie):
            why = "it has no key"
        return self._refuse(why) if why else await handler(request)

    def _refuse(self, why: str) -> web.Response:
        self._voice.tell(cut(f"refused a request: {visible(why)}", _LINE))
        return web.Response(status=403, text=_REFUSED)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("token", "")
        key = self._door.trade(ticket)
        if key is None:
            return self._refuse("its token is void" if ticket else "it has no token")
        answer = web.Response(status=303, headers={"Location": f"/{key.path}/"})
        answer.set_cookie(
            self._door.cookie_name,
            key.cookie,
            path=f"/{key.path}/",
            httponly=True,
            samesite="Strict",
        )
        self._voice.tell("a browser was let in; the address for another one:")
        self._invite()
        return answer

    async def _page(self, request: web.Request) -> web.StreamResponse:
        socket = f"ws://{request.host}{request.path}{_SOCKET}"
        text = self._texts.page(title=f"wta: {self._offer.title}", socket=socket)
        return web.Response(text=text, content_type="text/html")

    async def _text(self, request: web.Request) -> web.StreamResponse:
        text = self._texts.named(request.match_info["name"])
        if text is None:
            return web.Response(status=404, text="there is no such thing\n")
        return web.Response(text=text.content, content_type=text.kind)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        if len(self._pages) >= self._offer.most_pages:
            self._voice.tell(f"refused a page: {len(self._pages)} are shown")
            return web.Response(status=503, text="too many pages\n")
        page = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS, max_msg_size=LONGEST_MESSAGE)
        self._pages.add(page)
        try:
            await page.prepare(request)
            program = await start_piped(
                [*_APPLICATION, *self._offer.shown.arguments],
                cwd=self._offer.log.parent,
                env=_environment(request.query),
                log=self._offer.log,
            )
            status = await show(page, program)
        finally:
            self._pages.discard(page)
        if status:
            self._voice.tell(f"a dashboard ended with status {status}: see {self._offer.log}")
        return page

    async def _leave(self, _: web.Application) -> None:
        for page in tuple(self._pages):
            await page.close(code=WSCloseCode.GOING_AWAY)


def _environment(size: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an application in a page, which says how large it is."""
    width, height = (_number(size.get(name, ""), usual) for name, usual in _USUAL_SIZE)
    return own_environment(
        {
            "COLUMNS": str(width),
            "ROWS": str(height),
            "TERM": "xterm-256color",
            "TERM_PROGRAM": "textual",
            "TEXTUAL_COLOR_SYSTEM": "truecolor",
        }
    )


def _number(text: str, usual: int) -> int:
    return within(int(text[:4])) if text.isascii() and text.isdigit() else usual
