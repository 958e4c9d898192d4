"""Lines of what another program says, put together with bounded memory."""

from __future__ import annotations

LONGEST_LINE = 16 << 20
"""Bytes kept of one line; the rest of a longer one is passed over."""


class Lines:
    """Complete lines, each once.

    A line without its newline is still being said and stays here; `rest` gives it out when nobody
    will finish it.
    """

    def __init__(self) -> None:
        self.position = 0
        """How much was taken so far, in bytes."""
        self._whole: list[bytes] = []
        self._begun = bytearray()

    def take(self, data: bytes) -> None:
        """Go on with what was said next."""
        self.position += len(data)
        first, *others = data.split(b"\n")
        self._begin(first)
        for part in others:
            self._whole.append(self.rest())
            self._begin(part)

    def lines(self) -> list[bytes]:
        """Return the next complete lines, without newlines."""
        found, self._whole = self._whole, []
        return found

    def rest(self) -> bytes:
        """Return the begun line and forget it."""
        line = bytes(self._begun)
        self._begun.clear()
        return line

    def _begin(self, part: bytes) -> None:
        self._begun += part[: LONGEST_LINE - len(self._begun)]
