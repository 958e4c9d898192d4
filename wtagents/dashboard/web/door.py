"""Who is let in: a browser of this machine that was given the printed address.

Three questions are asked of every request:

    Host    is it meant for us? Any name on the internet may be made to lead to 127.0.0.1
    Origin  does our own page ask? Any page that is open in the browser may call 127.0.0.1
    key     does the browser hold the cookie that it got for the ticket of the printed address?

A ticket lets one browser in: what stays of it in a history or a scrollback opens nothing. Cookies
know no ports, so a browser would show a key to every other server of this machine (an agent's, say,
that is being tried out): it is bound to a path that nobody can guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.system.secret import is_secret, new_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@record
class Key:
    """What one browser holds."""

    path: str
    """First folder of every address it may ask for."""
    cookie: str


class Door:
    """Who was let in so far, and who is next."""

    def __init__(self, port: int, *, draw: Callable[[], str] = new_secret) -> None:
        """`draw` returns a new secret."""
        self.ticket = draw()
        """Lets the next browser in, and only that one."""
        self.cookie_name = f"wta_{port}"
        self._names = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
        self._draw = draw
        self._cookies: dict[str, str] = {}

    def trade(self, ticket: str) -> Key | None:
        """Return a key for the ticket, which is void from now on; None for any other text."""
        if not is_secret(ticket, self.ticket):
            return None
        key = Key(path=self._draw(), cookie=self._draw())
        self.ticket = self._draw()
        self._cookies[key.path] = key.cookie
        return key

    def opens(self, path: str, cookie: str) -> bool:
        """Whether this is the key to a path."""
        known = self._cookies.get(path)
        return known is not None and is_secret(cookie, known)

    def why_strange(self, hosts: Sequence[str], origins: Sequence[str], *, calls: bool) -> str:
        """Return what is wrong with the headers of these names, or ''.

        A browser names the origin of every page that `calls` through a WebSocket.
        """
        if len(hosts) != 1 or hosts[0] not in self._names:
            return f"it asks for the host {' and '.join(hosts) or 'of no name'}"
        ours = [f"http://{hosts[0]}"]
        if list(origins) != ours and (calls or origins):
            return f"it comes from the origin {' and '.join(origins) or 'of no name'}"
        return ""
