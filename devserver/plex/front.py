"""The front door: what happens to every call before and after its endpoint answers it."""

from __future__ import annotations

import time
import traceback

from . import control
from .faults import AFTERWARDS, Fault
from .message import Answer, Call, Refusal, error_page
from .request_log import Request
from .routes import Route, route_for
from .state import State

STARTING = "the server is still starting up. Please retry later"


def respond(state: State, call: Call) -> Answer:
    """Latency, faults, limits, token, start-up phase, endpoint; and the request log."""
    if call.path.startswith("/__control__/"):
        return control.respond(state, call)
    route, arguments = route_for(call)
    request = state.log.begin(call, time.monotonic(), bool(route and route.writes))
    answer = Answer(delivery="drop")
    try:
        answer = _faulted(state, call, request, route, arguments)
    finally:
        dropped = answer.delivery in ("drop", "reset")
        state.log.end(request, time.monotonic(), 0 if dropped else answer.status)
    return answer


def _faulted(
    state: State, call: Call, request: Request, route: Route | None, arguments: list[str]
) -> Answer:
    if state.latency:
        time.sleep(state.latency)
    fault = state.faults.hit(call)
    if fault is None:
        return _checked(state, call, request, route, arguments)
    request.fault = fault.action
    if fault.action == "slow":
        state.interrupt.wait(fault.seconds)
    elif fault.action not in AFTERWARDS:
        return _instead(fault)
    answer = _checked(state, call, request, route, arguments)
    answer.delivery = {"drop_after": "drop", "slow": "whole"}.get(fault.action, fault.action)
    answer.seconds, answer.phase = fault.seconds, fault.phase
    return answer


def _instead(fault: Fault) -> Answer:
    """The answer of a fault that keeps the request from being carried out."""
    if fault.action.isdigit():
        return error_page(int(fault.action), fault.text)
    if fault.action == "html":
        page = fault.text or "<html><body>Sign in to the proxy</body></html>"
        return Answer(200, page.encode(), "text/html")
    if fault.action == "empty":
        return Answer()
    return Answer(delivery=fault.action)


def _checked(
    state: State, call: Call, request: Request, route: Route | None, arguments: list[str]
) -> Answer:
    try:
        _refuse_unfit(state, call, route)
        if route is None:
            raise Refusal(404)
        _stall(state, call)
        with state.library.lock:
            state.scans.settle()
            with state.library.authored(by_client=True):
                answer = route.answer(state, call, *arguments)
        request.applied = route.writes
        request.ignored = call.ignored
        return answer
    except Refusal as refusal:
        if refusal.status == 0:
            return Answer(delivery="reset")
        return error_page(refusal.status, refusal.text)
    except Exception:  # a mistake of the simulator: loud, and told apart from a real 500
        state.errors.append(traceback.format_exc())
        traceback.print_exc()
        return error_page(500, "the simulator failed: see errors")


def _refuse_unfit(state: State, call: Call, route: Route | None) -> None:
    options = state.library.options
    if options.url_limit and len(call.target) > options.url_limit:
        raise Refusal(0 if options.url_limit_action == "reset" else 414)
    if state.phase == "starting":
        raise Refusal(503)
    if not (route and route.public) and state.token and call.token != state.token:
        state.log.unauthenticated += 1
        raise Refusal(401)
    if state.phase == "starting_writes" and call.method != "GET":
        raise Refusal(400, STARTING)
    if route and route.admin and not state.owner:
        raise Refusal(options.shared_status)


def _stall(state: State, call: Call) -> None:
    """A batch that holds a stalling id hangs; the id alone is fine."""
    stalling = state.library.options.stalling_ids
    last = call.path.rpartition("/")[2]
    if stalling and "," in last and any(piece in map(str, stalling) for piece in last.split(",")):
        state.interrupt.wait(state.library.options.stall_seconds)
