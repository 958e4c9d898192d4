"""One HTTP connection of the scripted Messages API: reads requests, plays steps."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from typing_extensions import override

from tests.support.api import wire
from tests.support.api.gate import Gates
from tests.support.api.ledger import Ledger
from tests.support.api.request import ApiRequest
from tests.support.api.script import Failure, Reply, Reset, Silence, Step

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER on with zero seconds: close sends RST."""


class ApiServer(ThreadingHTTPServer):
    """The listening socket with the state that every connection shares."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, ledger: Ledger, gates: Gates) -> None:
        super().__init__(("127.0.0.1", 0), ApiHandler)
        self.ledger = ledger
        self.gates = gates
        self.is_closing = threading.Event()

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is an ordinary event; anything else is a fault to report."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.ledger.note_problem(f"the server failed: {error!r}")


class ApiHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def api(self) -> ApiServer:
        assert isinstance(self.server, ApiServer)
        return self.server

    @override
    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._note({})
        self._send(200, {})

    def do_GET(self) -> None:
        if self.path == "/_requests":
            lines = "\n".join(request.to_json() for request in self.api.ledger.requests)
            self._send_bytes(200, lines.encode(), {"content-type": "application/x-ndjson"})
            return
        self._note({})
        self._send(200, {"data": [], "has_more": False})

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        body = self._body()
        if path.startswith("/_gate/"):
            self.api.gates.open(path.removeprefix("/_gate/"))
            self._send(200, {})
        elif path.endswith("/messages"):
            request, step = self.api.ledger.assign(
                method="POST", path=self.path, headers=dict(self.headers.items()), body=body
            )
            self._play(request, step)
        elif path.endswith("/count_tokens"):
            self._note(body)
            self._send(200, {"input_tokens": max(1, len(json.dumps(body)) // 4)})
        else:
            self._note(body)
            self._send(200, {})

    def _note(self, body: dict[str, Any]) -> None:
        self.api.ledger.record(
            method=self.command, path=self.path, headers=dict(self.headers.items()), body=body
        )

    def _body(self) -> dict[str, Any]:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            parsed = json.loads(raw or b"{}")
        except ValueError:
            return {"unparsed": raw.decode(errors="replace")}
        return parsed if isinstance(parsed, dict) else {"unparsed": parsed}

    def _play(self, request: ApiRequest, step: Step) -> None:
        match step:
            case Reply():
                self._reply(request, step)
            case Failure():
                self._pass(step.hold)
                self._send(step.status, wire.error_body(step), dict(step.headers))
            case Reset():
                self._pass(step.hold)
                self._reset()
            case Silence():
                if step.headers:
                    self._open_stream(step_headers={})
                    self.wfile.flush()
                self._pass(step.hold)
                self._reset()

    def _reply(self, request: ApiRequest, reply: Reply) -> None:
        if reply.hold_after == 0:
            self._pass(reply.hold)
        whole = wire.message(reply, request)
        if not request.is_streamed:
            self._send(200, whole, dict(reply.headers))
            return
        self._open_stream(step_headers=dict(reply.headers))
        for place, event in enumerate(wire.stream(whole)):
            if place == reply.cut_after:
                self._reset()
                return
            if place == reply.hold_after > 0:
                self._pass(reply.hold)
            if reply.pace:
                self.api.is_closing.wait(reply.pace)
            self._chunk(event)
        self._chunk(b"")

    def _pass(self, gate: str | None) -> None:
        if gate is not None:
            self.api.gates.pass_through(gate)

    def _open_stream(self, *, step_headers: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self._finish_headers(step_headers)

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def _send(
        self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        self._send_bytes(
            status,
            json.dumps(body).encode(),
            {"content-type": "application/json", **(headers or {})},
        )

    def _send_bytes(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self._finish_headers(headers)
        if self.command != "HEAD":
            self.wfile.write(data)

    def _finish_headers(self, headers: dict[str, str]) -> None:
        self.send_header("request-id", "req_scripted")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.connection.close()
