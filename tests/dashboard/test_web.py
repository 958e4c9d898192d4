"""The dashboard in a browser: who is let in, what a page may say, and how it all ends."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from aiohttp import ClientSession, CookieJar, WSServerHandshakeError

from tests.support.environment import PROJECT
from tests.support.processes import end_supervisors, survivors
from tests.support.records import NOW
from tests.support.repository import RepositoryBuilder
from tests.support.served import Page, ServedHere, served_apart, served_here
from tests.support.stored import stored_task
from tests.support.waiting import wait_until
from tests.support.wta import wta
from wtagents.dashboard.web.door import Door
from wtagents.dashboard.web.showing import LONGEST_MESSAGE, Nonsense, packet_of
from wtagents.dashboard.web.shown import Shown, parse_shown
from wtagents.operations.context import Context
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime

    from tests.support.environment import Sandbox

EVIL = "evil.example"
UP = "\x1b[A"


@pytest.fixture
def context(repository: RepositoryBuilder) -> Iterator[Context]:
    opened = Context(repository.path)
    with opened.database.write() as db:
        stored_task(db)
    yield opened
    opened.close()


def a_browser() -> ClientSession:
    return ClientSession(cookie_jar=CookieJar(unsafe=True))


def test_a_ticket_lets_one_browser_in_and_its_cookie_opens_one_path() -> None:
    drawn = iter(["first", "path", "cookie", "second", "another", "cake", "third"])
    door = Door(8765, draw=lambda: next(drawn))
    assert door.trade("") is None
    key = door.trade("first")
    assert key is not None
    assert (key.path, key.cookie, door.ticket) == ("path", "cookie", "second")
    assert door.trade("first") is None
    other = door.trade("second")
    assert other is not None
    assert [door.opens(*pair) for pair in (("path", "cookie"), ("another", "cake"))] == [True, True]
    strangers = (("path", "cake"), ("path", ""), ("", ""), ("first", "first"), ("path", "cookié"))
    assert [door.opens(*pair) for pair in strangers] == [False] * 5


@pytest.mark.parametrize(
    ("hosts", "origins", "calls", "why"),
    [
        (["127.0.0.1:80"], [], False, ""),
        (["localhost:80"], ["http://localhost:80"], True, ""),
        (["[::1]:80"], ["http://[::1]:80"], False, ""),
        ([], [], False, "it asks for the host of no name"),
        (["127.0.0.1"], [], False, "it asks for the host 127.0.0.1"),
        (["127.0.0.1:81"], [], False, "it asks for the host 127.0.0.1:81"),
        (["127.0.0.1:80.evil"], [], False, "it asks for the host 127.0.0.1:80.evil"),
        (["localhost:80", EVIL], [], False, f"it asks for the host localhost:80 and {EVIL}"),
        (["localhost:80"], [], True, "it comes from the origin of no name"),
        (["localhost:80"], ["null"], False, "it comes from the origin null"),
        (
            ["localhost:80"],
            ["http://127.0.0.1:80"],
            True,
            "it comes from the origin http://127.0.0.1:80",
        ),
        (
            ["localhost:80"],
            ["http://localhost:81"],
            False,
            "it comes from the origin http://localhost:81",
        ),
    ],
)
def test_requests_of_other_pages_are_known_by_their_headers(
    *, hosts: list[str], origins: list[str], calls: bool, why: str
) -> None:
    assert Door(80).why_strange(hosts, origins, calls=calls) == why


def test_a_page_says_keys_and_its_size_and_nothing_else() -> None:
    resize = b'{"type": "resize", "width": 500, "height": 1}'
    assert packet_of('["stdin", "\\u00e9"]') == b"D\0\0\0\2\xc3\xa9"
    assert packet_of('["stdin", "\\ud800"]') == b"D\0\0\0\1?"
    assert packet_of('["focus"]') == b'M\0\0\0\x11{"type": "focus"}'
    assert packet_of('["ping", "1"]') == b""
    size = {"width": 10**9, "height": -1}
    assert packet_of(json.dumps(["resize", size])) == b"M\0\0\0" + bytes([len(resize)]) + resize
    for said in ("", "{}", '["quit"]', '["stdin", 1]', '["resize", {"width": 1}]', "[" * 50_000):
        with pytest.raises(Nonsense):
            packet_of(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetIn:
    """A browser that was let in, and where it is at home."""

    served: ServedHere
    browser: ClientSession
    home: str

    async def status_of(self, place: str, **headers: str) -> int:
        async with self.browser.get(place, headers=headers) as answer:
            await answer.read()
            return answer.status


@pytest.fixture
async def let_in(context: Context) -> AsyncIterator[LetIn]:
    async with served_here(context, most_pages=1) as served, a_browser() as browser:
        async with browser.get(served.addresses[0].whole) as page:
            assert (page.status, page.content_type) == (200, "text/html")
        assert served.told == ["a browser was let in; the address for another one:"]
        served.told.clear()
        yield LetIn(served=served, browser=browser, home=str(page.url))


async def test_the_address_is_traded_for_a_cookie_of_one_path(let_in: LetIn) -> None:
    served = let_in.served
    async with a_browser() as another, another.get(served.addresses[1].whole) as page:
        home, text = page.url, await page.text()
    assert f'data-session-websocket-url="ws{str(home).removeprefix("http")}socket"' in text
    kept = ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options")
    assert [page.headers[name] for name in kept] == ["no-store", "no-referrer", "nosniff"]
    assert "Access-Control-Allow-Origin" not in page.headers
    forbidden = page.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} < {*forbidden}
    cookie = page.history[0].headers["Set-Cookie"]
    assert cookie.endswith(f"; HttpOnly; Path={home.path}; SameSite=Strict")
    assert await let_in.status_of(str(home)) == 403, "the page of another browser"
    for used in served.addresses[:2]:
        assert await let_in.status_of(used.whole) == 403
    assert await let_in.status_of(f"{served.addresses[2].whole}x") == 403
    assert await let_in.status_of(f"{served.addresses[0].origin}/") == 403
    assert served.told == [
        "a browser was let in; the address for another one:",
        "refused a request: it has no key",
        *["refused a request: its token is void"] * 3,
        "refused a request: it has no token",
    ]
    assert len(served.addresses) == 3, "only a browser that is let in makes another address"


@pytest.mark.parametrize("name", ["", "terminal.js", "page.css", "socket", "nothing"])
async def test_nothing_is_served_without_host_origin_and_key(let_in: LetIn, name: str) -> None:
    place, first = f"{let_in.home}{name}", let_in.served.addresses[0]
    own = {"Origin": first.origin}
    calls = own if name == "socket" else {}
    assert await let_in.status_of(place, **calls, Host=EVIL) == 403
    assert await let_in.status_of(place, Origin=f"http://{EVIL}") == 403
    async with ClientSession() as stranger:
        without = LetIn(served=let_in.served, browser=stranger, home="")
        assert await without.status_of(place, **own) == 403
        assert await without.status_of(place, **own, Cookie=f"wta_{first.port}=wrong") == 403
        assert await without.status_of(f"{first.origin}/x/{name}", **own) == 403
    assert let_in.served.told == [
        f"refused a request: it asks for the host {EVIL}",
        f"refused a request: it comes from the origin http://{EVIL}",
        *["refused a request: it has no key"] * 3,
    ]
    if name != "socket":
        assert await let_in.status_of(place) == (404 if name == "nothing" else 200)


async def test_sockets_belong_to_our_own_page_and_are_few(let_in: LetIn) -> None:
    calls, served = f"{let_in.home}socket", let_in.served
    own = {"Origin": served.addresses[0].origin}
    with pytest.raises(WSServerHandshakeError, match="403"):
        await let_in.browser.ws_connect(calls)
    shown = Page(await let_in.browser.ws_connect(calls, headers=own, max_msg_size=0))
    with pytest.raises(WSServerHandshakeError, match="503"):
        await let_in.browser.ws_connect(calls, headers=own)
    await shown.say("quit")
    assert await shown.until_closed() == 1008
    assert served.told == [
        "refused a request: it comes from the origin of no name",
        "refused a page: 1 are shown",
    ]


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("at", [None, NOW])
def test_an_application_is_told_what_to_show(*, everywhere: bool, at: datetime | None) -> None:
    common_dir = Path("/repo/.git")
    for may_act in (True, False):
        shown = Shown(
            common_dir=common_dir, everywhere=everywhere, at=at, theme="wta-light", may_act=may_act
        )
        assert parse_shown(shown.arguments) == shown


async def test_a_page_shows_the_dashboard_and_leaves_no_process(
    context: Context, sandbox: Sandbox
) -> None:
    before = tasks(context.database)
    with served_apart(context.common_dir.parent) as served:
        async with a_browser() as browser:
            page = await Page.open(browser, served.address)
            await page.until("looks only")
            await page.until("fix-login")
            await page.press("\r")
            await page.until("Facts")
            await page.press("\x03")
            await page.until("! interrupting fix-login: this dashboard only looks")
            programs = [" ".join(each.argv) for each in survivors(sandbox.mark)]
            assert len(programs) == 2
            secrets = [
                served.address.whole.rpartition("=")[2],
                *(c.value for c in browser.cookie_jar),
            ]
            assert not [word for word in secrets if any(word in each for each in programs)]
            listening = psutil.Process(served.process.pid).net_connections()
            assert {each.laddr.ip for each in listening} == {"127.0.0.1"}
            await page.press("x" * LONGEST_MESSAGE)
            assert await page.until_closed() == 1009
        status, invited, told = served.interrupt()
    assert (status, len(invited)) == (0, 1)
    assert told == [
        "the dashboard only looks in the browser that opens this address first; Ctrl-C ends it",
        "a browser was let in; the address for another one:",
    ]
    assert survivors(sandbox.mark) == []
    assert tasks(context.database) == before


async def test_with_control_a_page_acts_in_any_repository_and_a_killed_server_takes_it_along(
    context: Context, sandbox: Sandbox, tmp_path: Path, template: Path
) -> None:
    """Begun where there is no repository: what is shown is all that has tasks."""
    other = Context(RepositoryBuilder.begun(tmp_path / "other", template=template).path)
    with other.database.write() as db:
        stored_task(db, "docs")
    with served_apart(tmp_path, "--control", "--all") as served:
        async with a_browser() as browser:
            page = await Page.open(browser, served.address)
            await page.until("2 repositories")
            await page.until("docs")
            for keys in (UP, UP, "c"):
                await page.press(keys)
            await page.until("Give docs up?")
            await page.press("y")
            await page.until("docs is cancelled")
            served.process.send_signal(signal.SIGKILL)
            served.process.wait()
            end_supervisors(sandbox.mark)
            wait_until(lambda: not survivors(sandbox.mark), what="the end of the application")
    states = [tasks(each.database)[0].state for each in (context, other)]
    assert states == ["queued", "cancelled"]
    other.close()


def test_what_belongs_to_the_web_is_said_where_it_is_missing(
    context: Context, sandbox: Sandbox, tmp_path: Path
) -> None:
    folder = context.common_dir.parent
    assert wta(folder, "dashboard", "--control", status=2).stderr == (
        "error: --control, --port and --ipv6 belong to --web\nhint: wta dashboard --help\n"
    )
    assert wta(folder, "dashboard", "--web", "--json", status=2).envelope["errors"][0][
        "message"
    ] == ("--web has no JSON answer; leave out --json")
    with served_apart(folder) as served:
        port = str(served.address.port)
        said = wta(folder, "dashboard", "--web", "--port", port, status=4).stderr
        assert said.endswith(
            f"error: cannot listen on port {port} of 127.0.0.1: another program listens on it\n"
            "hint: choose another one with --port\n"
        )
    (tmp_path / "aiohttp.py").write_text("raise ModuleNotFoundError(name=__name__)")
    sandbox.set_variable("PYTHONPATH", f"{tmp_path}:{PROJECT}")
    assert wta(folder, "dashboard", "--web", status=4).stderr == (
        "error: this wta cannot serve browsers: aiohttp is not installed\n"
        "hint: pip install 'wtagents[web]'\n"
    )
