"""Which step answers which request, and what was asked so far: all state of the server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.support.api.request import ApiRequest
from tests.support.api.script import Failure, Scenario, Script, Step


class Ledger:
    """Requests in order, and a cursor into each script. Safe in any thread."""

    def __init__(self, scenario: Scenario) -> None:
        self._changed = threading.Condition()
        self._scripts: dict[str, Script] = dict(scenario.scripts)
        self._used: dict[str, int] = {}
        self._session_scripts: dict[str, str] = {}
        self._requests: list[ApiRequest] = []
        self._problems: list[str] = []

    @property
    def requests(self) -> tuple[ApiRequest, ...]:
        with self._changed:
            return tuple(self._requests)

    @property
    def problems(self) -> tuple[str, ...]:
        """Requests that no step was written for, and texts that a request should have contained."""
        with self._changed:
            return tuple(self._problems)

    def note_problem(self, problem: str) -> None:
        """Adds something that the test must hear of."""
        with self._changed:
            self._problems.append(problem)

    def add_script(self, name: str, script: Script) -> None:
        """Adds or replaces a script; its steps start from the first."""
        with self._changed:
            self._scripts[name] = script
            self._used.pop(name, None)

    def wait_for(
        self, is_met: Callable[[tuple[ApiRequest, ...]], bool], *, timeout: float = 30.0
    ) -> None:
        """Waits until the recorded requests satisfy `is_met`; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: is_met(tuple(self._requests)), timeout):
                msg = f"{len(self._requests)} requests after {timeout} s, none of them as awaited"
                raise TimeoutError(msg)

    def record(
        self, *, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]
    ) -> ApiRequest:
        """Notes a request that no script answers."""
        with self._changed:
            return self._append(_request(len(self._requests), method, path, headers, body))

    def assign(
        self, *, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]
    ) -> tuple[ApiRequest, Step]:
        """Notes a request for a message and takes the step that answers it."""
        with self._changed:
            request = _request(len(self._requests), method, path, headers, body)
            name = self._script_name(request)
            script = self._scripts.get(name)
            if script is None:
                self._append(request)
                return request, self._unscripted(request, f"no script {name!r}")
            place = self._used.get(name, 0)
            self._used[name] = place + 1
            request = self._append(replace(request, script=name, step=place))
            step = _step_at(script, place)
            if step is None:
                return request, self._unscripted(request, f"script {name!r} has no step {place}")
            self._problems.extend(
                f"request {request.order} ({name!r}, step {place}) does not contain {words!r}"
                for words in step.expects
                if not request.contains(words)
            )
            return request, step

    def _append(self, request: ApiRequest) -> ApiRequest:
        self._requests.append(request)
        self._changed.notify_all()
        return request

    def _script_name(self, request: ApiRequest) -> str:
        seen = "\n".join((request.system_text, *request.user_texts))
        for name, script in self._scripts.items():
            if script.match is not None and script.match in seen:
                return name
        name = request.marked_script or self._session_scripts.get(request.session_id, "")
        if request.session_id:
            self._session_scripts[request.session_id] = name
        return name

    def _unscripted(self, request: ApiRequest, cause: str) -> Failure:
        self._problems.append(f"request {request.order} {request.path}: {cause}")
        return Failure(status=400, message=f"not scripted: {cause}")


def _request(
    order: int, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object]
) -> ApiRequest:
    lower = {name.lower(): value for name, value in headers.items()}
    return ApiRequest(order=order, method=method, path=path, headers=lower, body=body)


def _step_at(script: Script, place: int) -> Step | None:
    """The step that answers request number `place` of a script, repeats counted."""
    passed = 0
    for step in script.steps:
        passed += step.times
        if place < passed:
            return step
    return script.then
