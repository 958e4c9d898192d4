"""The page: its texts, read once, and what every answer forbids a browser to do with them."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

import textual_serve

from wtagents.core.record import record

if TYPE_CHECKING:
    from aiohttp.web import Request, StreamResponse

_FORBIDDEN = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# the terminal makes style sheets of its own as it runs
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; "
    "connect-src 'self'{socket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@record
class Text:
    """A text that a page loads."""

    content: str
    kind: str
    """As in Content-Type."""


class Texts:
    """Everything that is served: the terminal comes with textual-serve, the page is made here."""

    def __init__(self) -> None:
        here, static = files("wtagents.dashboard.web"), files(textual_serve) / "static"
        self._page = Template((here / "page.html").read_text(encoding="utf-8"))
        sources = {
            "page.css": (here / "page.css", "text/css"),
            "page.js": (here / "page.js", "text/javascript"),
            "terminal.css": (static / "css" / "xterm.css", "text/css"),
            "terminal.js": (static / "js" / "textual.js", "text/javascript"),
        }
        self._named = {
            name: Text(content=source.read_text(encoding="utf-8"), kind=kind)
            for name, (source, kind) in sources.items()
        }

    def page(self, *, title: str, socket: str) -> str:
        """Return the page whose terminal calls an address."""
        return self._page.substitute(title=escape(title), socket=escape(socket))

    def named(self, name: str) -> Text | None:
        """Return what the page loads by a name, None where there is no such thing."""
        return self._named.get(name)


async def forbid(request: Request, answer: StreamResponse) -> None:
    """Let a browser do with an answer what the page needs, and nothing else."""
    # not every browser counts a socket of the same origin as 'self'
    socket = f" ws://{request.host}" if answer.status == HTTPStatus.OK else ""
    answer.headers.update(_FORBIDDEN)
    answer.headers["Content-Security-Policy"] = _POLICY.format(socket=socket)
