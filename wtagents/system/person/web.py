"""The door to the web: a document is posted to an address that a person has set.

No redirect is followed, and nothing of the answer is used.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault

if TYPE_CHECKING:
    from email.message import Message
    from typing import IO


def post_json(address: str, document: bytes, *, seconds: float) -> None:
    """Post it. Raises SystemFault when it is not accepted within `seconds`.

    The address may hold a secret: no error repeats it.
    """
    outcome: list[str] = []
    sender = threading.Thread(
        target=lambda: outcome.append(_post(address, document, seconds)), daemon=True
    )
    sender.start()
    # A timeout of urllib is one of each read: who answers by drops would hold it for ever.
    sender.join(seconds)
    cause = outcome[0] if outcome else f"no answer within {seconds:g} s"
    if cause:
        raise SystemFault("the webhook was not told", cause=cause, hint="wta notify --test")


def _post(address: str, document: bytes, seconds: float) -> str:
    """Return why it failed, or ''."""
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class NoRedirect(HTTPRedirectHandler):
        def redirect_request(
            self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
        ) -> None:
            """Let a redirect be an error."""

    asked = Request(  # noqa: S310 - the form of the setting allows http and https alone
        address, data=document, headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with build_opener(NoRedirect).open(asked, timeout=seconds):
            return ""
    except HTTPError as error:
        error.close()
        return f"it answers {error.code}"
    except URLError as error:
        reason = error.reason
        return (getattr(reason, "strerror", None) or str(reason)).lower()
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    except (OSError, ValueError) as error:
        return type(error).__name__
