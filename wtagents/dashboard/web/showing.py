"""One application and the page that shows it: what it draws goes there, what is typed comes here.

Between the server and the application, in both directions (textual.drivers.web_driver): a letter
for the kind, four bytes for the length, the content. D is what is drawn or typed, M a document in
JSON. What a page may say is a list of a word and its value; everything else ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMsgType

if TYPE_CHECKING:
    from aiohttp.web import WebSocketResponse

    from wtagents.system.programs.piped import PipedProgram

LONGEST_MESSAGE = 1 << 16
"""Bytes of one message of a page: more than a person pastes."""
PARTING_SECONDS = 5.0
"""How long an application may take to leave."""
_BEGINS = b"__GANGLION__\n"
_DRAWN, _TOLD = b"D", b"M"
_LARGEST = 500
"""Columns and rows."""


class Nonsense(Exception):
    """A page said what none of our pages says."""


async def show(page: WebSocketResponse, program: PipedProgram) -> int:
    """Show an application until it is left or its page is gone; return its exit status."""
    drawing = asyncio.create_task(_draw(page, program))
    typing = asyncio.create_task(_type(page, program))
    try:
        await asyncio.wait((drawing, typing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        status = await program.end(seconds=PARTING_SECONDS)
        code = WSCloseCode.POLICY_VIOLATION if _failed(typing) else WSCloseCode.OK
        await page.close(code=code)
        await asyncio.gather(drawing, typing, return_exceptions=True)
    return status


async def _draw(page: WebSocketResponse, program: PipedProgram) -> None:
    """Hand on what is drawn; nothing else that an application can ask of a page is done."""
    if await program.said.readline() != _BEGINS:
        return
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            kind = await program.said.readexactly(1)
            size = int.from_bytes(await program.said.readexactly(4), "big")
            content = await program.said.readexactly(size)
            if kind == _DRAWN and not page.closed:
                with contextlib.suppress(ConnectionError):
                    await page.send_bytes(content)


async def _type(page: WebSocketResponse, program: PipedProgram) -> None:
    async for message in page:
        if message.type is not WSMsgType.TEXT:
            raise Nonsense(message.type.name)
        packet = packet_of(message.data)
        if packet:
            await program.tell(packet)


def packet_of(said: str) -> bytes:
    """Return what a page says in the words of the application. Raises Nonsense."""
    try:
        match json.loads(said):
            case ["stdin", str(keys)]:
                return _packet(_DRAWN, keys.encode(errors="replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                size = {"width": within(width), "height": within(height)}
                return _document({"type": "resize", **size})
            case ["focus" | "blur" as word]:
                return _document({"type": word})
            case ["ping", str()]:
                return b""
            case _:
                raise Nonsense(said[:40])
    except (ValueError, RecursionError) as error:
        raise Nonsense(said[:40]) from error


def within(size: int) -> int:
    """Return the nearest number of columns or rows that an application can draw."""
    return max(1, min(size, _LARGEST))


def _document(value: dict[str, Any]) -> bytes:
    return _packet(_TOLD, json.dumps(value).encode())


def _packet(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "big") + content


def _failed(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None
