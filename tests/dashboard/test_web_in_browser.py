"""The dashboard in a real Chromium: it is drawn, it takes keys, it copies, it only looks."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from tests.support.browser import a_tab
from tests.support.served import served_apart
from tests.support.stored import stored_task
from wtagents.operations.context import Context
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repository import RepositoryBuilder

COPIES = f"\x1b]52;c;{b64encode(b'wta attach fix-login').decode()}\a"
"""What lets the page's terminal write the clipboard of the browser (OSC 52)."""
ONLY_LOOKS = "! interrupting fix-login: this dashboard only looks"


async def test_a_browser_shows_the_dashboard_and_takes_keys(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    context = Context(repository.path)
    with context.database.write() as db:
        stored_task(db)
    before = tasks(context.database)
    with served_apart(repository.path) as served:
        async with a_tab(tmp_path / "profile") as tab:
            await tab.open(served.address.whole)
            await tab.until("fix-login")
            assert "token" not in await tab.place()
            await tab.press("y", 89, control=True)
            await tab.until("wta attach fix-login")
            await tab.press("Enter", 13, text="\r")
            await tab.until("handed to the clipboard")
            await tab.until(COPIES)
            await tab.press("Enter", 13, text="\r")
            await tab.until("Facts")
            await tab.press("c", 67, control=True)
            await tab.until(ONLY_LOOKS)
            assert set("fix-login looks only Facts") - {" "} <= set(await tab.painted())
            assert tab.complaints == []
            status, *_ = served.interrupt()
            assert status == 0
    assert tasks(context.database) == before
    context.close()
