"""An agent that goes in circles: told to the person, to the agent, interrupted, begun anew."""

from __future__ import annotations

import pytest

from tests.support.fleet import Fleet, work
from tests.support.waiting import wait_until
from wtagents.core.events import EventKind
from wtagents.core.message import MessageKind, Sender
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.liveness import Liveness
from wtagents.core.tending.suspicion import Respond, Response
from wtagents.operations.steering.stop import RetryRequest, retry
from wtagents.store.events import events_of
from wtagents.store.messages import add_message
from wtagents.store.suspicions import note_response, note_suspicion, suspicions

pytestmark = pytest.mark.e2e

CIRCLES = ("run echo 'FAILED in 0.1s'", "run echo 'FAILED in 0.1s'", "wait 60")


def long_ago(fleet: Fleet, response: Response | None) -> None:
    """Have the agent suspected for a quarter of an hour, and the last step long taken."""
    run, clock = fleet.run("a"), fleet.context.clock
    at, awake = clock.now(), clock.monotonic() - 900
    with fleet.context.database.write() as db:
        note_suspicion(db, run.id, Liveness.LOOPING, at, awake=awake)
        if response is not None:
            step = Respond(
                task_id=run.task_id,
                run_id=run.id,
                liveness=Liveness.LOOPING,
                response=response,
                reasons=("",),
            )
            assert note_response(db, step, at, awake=awake)


def go_in_circles(fleet: Fleet, furthest: Response) -> None:
    fleet.configure(limits={"loop_calls": 2, "response": furthest.value})
    fleet.spawn("a", *CIRCLES, *work())
    fleet.await_doing("a", "sleep 60")


def steps_taken(fleet: Fleet) -> list[str]:
    task_id = fleet.task("a").id
    with fleet.context.database.read() as db:
        events = events_of(db, task_id)
    return [each.data["response"] for each in events if each.kind is EventKind.RUN_SUSPECTED]


def test_one_look_does_nothing_and_a_second_one_tells(fleet: Fleet) -> None:
    go_in_circles(fleet, Response.NOTIFY)
    fleet.tick()
    with fleet.context.database.read() as db:
        (suspicion,) = suspicions(db).values()
    assert suspicion.liveness is Liveness.LOOPING
    assert fleet.status("a").suspected_since == suspicion.since
    assert steps_taken(fleet) == []

    long_ago(fleet, None)
    fleet.tick()
    fleet.tick()

    assert steps_taken(fleet) == ["notify"]
    assert fleet.status("a").attention == (
        "goes in circles: the same outcome 2 times: Bash: echo 'FAILED in 0.1s'"
    )


@pytest.mark.parametrize("response", [Response.NUDGE, Response.INTERRUPT])
def test_the_agent_is_told_by_wta_itself(fleet: Fleet, response: Response) -> None:
    go_in_circles(fleet, response)
    before = list(Response)[list(Response).index(response) - 1]
    long_ago(fleet, before)
    fleet.tick()

    assert steps_taken(fleet) == [before, response]
    said = [message for message in fleet.messages("a") if message.sender is Sender.WTA]
    assert said[-1].body.startswith("wta, which looks after this task, sees you going in circles")
    if response is Response.INTERRUPT:

        def interrupted() -> bool:
            fleet.tick()
            return fleet.messages("a")[0].delivered_at is not None

        wait_until(interrupted)


def test_a_fresh_conversation_counts_as_an_attempt(fleet: Fleet) -> None:
    go_in_circles(fleet, Response.RESTART)
    long_ago(fleet, Response.INTERRUPT)
    first = fleet.run("a")

    def begun_anew() -> bool:
        fleet.tick()
        return fleet.run("a").id != first.id

    wait_until(begun_anew)

    second, task = fleet.run("a"), fleet.task("a")
    assert (second.resumes, second.session_id == first.session_id) == (False, False)
    assert (task.state, task.attempts, task.fresh) == (TaskState.ACTIVE, 1, False)
    assert fleet.endings("a")[0] is ExitReason.STOPPED
    assert steps_taken(fleet) == ["interrupt", "restart"]


def test_one_that_is_given_up_waits_for_a_person_with_all_it_has(fleet: Fleet) -> None:
    go_in_circles(fleet, Response.STOP)
    long_ago(fleet, Response.INTERRUPT)
    first, at = fleet.run("a"), fleet.context.clock.now()
    with fleet.context.database.write() as db:
        add_message(db, first.task_id, MessageKind.TEXT, "Unheard.", at, sender=Sender.WTA)

    def parked() -> bool:
        fleet.tick()
        return fleet.task("a").state is TaskState.FAILED

    wait_until(parked)
    fleet.tick()

    task = fleet.task("a")
    assert (task.state, task.reason, task.attempts) == (TaskState.FAILED, Reason.STUCK, 0)
    assert fleet.status("a").attention == "stuck: stopped, for it went in circles"
    assert steps_taken(fleet) == ["interrupt", "stop"]
    retry(fleet.context, RetryRequest(name="a"))
    second = fleet.run("a")
    assert (second.id == first.id, second.session_id) == (False, first.session_id)
