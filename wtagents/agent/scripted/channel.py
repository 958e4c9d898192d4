"""The two ends of the built-in agent: lines out to its stdout, lines in from its stdin."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import deque
from typing import Any

from wtagents.agent.fields import JsonObject, load_object, object_of, text_of, words_of

_CHUNK = 1 << 16
INTERRUPT = signal.SIGUSR1
"""Sent to the main thread, so that an interrupt reaches it inside a running step."""
BAD_LINE = 1


class Channel:
    """Reads stdin in a thread of its own; the main thread waits for what came."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._main = threading.get_ident()
        self._writing = threading.Lock()
        self._changed = threading.Condition()
        self._messages: deque[tuple[str, str]] = deque()
        self._answers: dict[str, JsonObject] = {}
        self._closed = False
        self.deaf = False
        """Whether requests are left unanswered, as by a program that hangs."""

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, daemon=True).start()

    def write(self, kind: str, **fields: Any) -> None:
        """Write one line of stream-json."""
        line = json.dumps({"type": kind, **fields, "session_id": self._session_id}).encode()
        self.write_raw(line + b"\n")

    def write_raw(self, data: bytes) -> None:
        """Write bytes as they are, whole."""
        with self._writing:
            left = memoryview(data)
            while left:
                left = left[os.write(1, left) :]

    def next_message(self, seconds: float | None) -> tuple[str, str] | None:
        """Return the oldest message (wire id, text); None when stdin closed or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self._closed, seconds)
            return self._messages.popleft() if self._messages else None

    def wait_for_message(self, seconds: float) -> None:
        """Wait until a message is there, at most so long, without taking it."""
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self._closed, seconds)

    def wait_for_answer(self, request_id: str) -> JsonObject | None:
        """Return the answer to a question of ours; None when stdin closed."""
        with self._changed:
            self._changed.wait_for(lambda: request_id in self._answers or self._closed)
            return self._answers.pop(request_id, None)

    def _read(self) -> None:
        buffer = b""
        while chunk := os.read(0, _CHUNK):
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in lines:
                self._take(line)
        if buffer:
            self._take(buffer)
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _take(self, line: bytes) -> None:
        if not line.strip() or self.deaf:
            return
        fields = load_object(line)
        if fields is None:
            sys.stderr.write(f"Error parsing streaming input line: {line[:80]!r}\n")
            sys.stderr.flush()
            os._exit(BAD_LINE)
        match text_of(fields, "type"):
            case "user":
                self._take_message(fields)
            case "control_request":
                self._take_request(fields)
            case "control_response":
                response = object_of(fields, "response")
                with self._changed:
                    key = text_of(response, "request_id")
                    self._answers[key] = object_of(response, "response")
                    self._changed.notify_all()
            case _:
                return

    def _take_message(self, fields: JsonObject) -> None:
        wire = text_of(fields, "uuid")
        if wire:
            self.write("command_lifecycle", command_uuid=wire, state="queued")
        with self._changed:
            self._messages.append((wire, words_of(object_of(fields, "message").get("content"))))
            self._changed.notify_all()

    def _take_request(self, fields: JsonObject) -> None:
        request_id = text_of(fields, "request_id")
        request = object_of(fields, "request")
        subtype = text_of(request, "subtype")
        known = subtype == "interrupt"
        if known and request.get("cancel_queued") is True:
            self._cancel_queued()
        answer: JsonObject = {"subtype": "success", "request_id": request_id, "response": {}}
        if not known:
            refusal = f"Unsupported control request subtype: {subtype}"
            answer = {"subtype": "error", "request_id": request_id, "error": refusal}
        self.write("control_response", response=answer)
        if known:
            signal.pthread_kill(self._main, INTERRUPT)

    def _cancel_queued(self) -> None:
        with self._changed:
            cancelled = [wire for wire, _ in self._messages if wire]
            self._messages.clear()
        for wire in cancelled:
            self.write("command_lifecycle", command_uuid=wire, state="cancelled")
