"""How the application draws in a page: through its stdout, as long as its stdin is open.

It hands out no files and opens no addresses: a page shows the dashboard and nothing else.
"""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

if TYPE_CHECKING:
    from textual.app import App


class PageDriver(WebDriver):
    """Textual's own, which ends with the page and outlives nobody."""

    def __init__(self, app: App[Any], **settings: Any) -> None:
        super().__init__(app, **settings)
        self._write = partial(self._write_if_read)

    def run_input_thread(self) -> None:
        """Read until the page is gone, then leave."""
        super().run_input_thread()
        self.send_message(ExitApp())

    def open_url(self, url: str, new_tab: bool = True) -> None:  # noqa: FBT001, FBT002 - Textual's
        """Do not."""

    def deliver_binary(self, *_: Any, **__: Any) -> None:
        """Do not."""

    def _write_if_read(self, data: bytes) -> int:
        with contextlib.suppress(OSError):
            return os.write(self.fileno, data)
        return len(data)
