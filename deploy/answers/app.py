"""The application that writes what people answer: behind the links in alerts GET shows and POST acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import httpx
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dashboard.desk_protocol import PATH as DESK_PATH
from dashboard.forms import form_of
from deploy.answers.desk import DeskDoor
from deploy.answers.page import HEADERS, notice, question
from processing import queries
from processing.alerts.signed_links import PATH, SignedLinks
from processing.contract import Incident
from processing.plain_text import plain
from processing.store.answers import Answer, answer
from processing.store.client import Store, StoreRefused, StoreUnavailable

LONGEST_NAME, LONGEST_NOTE = 100, 500


@dataclass(frozen=True)
class AnswersDoor:
    """Shows an incident to whoever has a good link to it, and writes what they say of it."""

    links: SignedLinks
    store: Callable[[], Store]
    clock: Callable[[], datetime]

    async def show(self, request: Request) -> Response:
        """Show the incident and the two buttons. Nothing is changed."""
        return await run_in_threadpool(self._shown, request)

    async def act(self, request: Request) -> Response:
        """Write the answer of the form."""
        if request.headers.get("origin") not in {None, _origin(self.links.base)}:
            return _say("Not from here", "This form was sent from another page.", HTTPStatus.FORBIDDEN)
        try:
            form = await _form(request)
        except ValueError as error:
            return _say("That is no answer", str(error), HTTPStatus.BAD_REQUEST)
        return await run_in_threadpool(self._answered, request, form)

    def _shown(self, request: Request) -> Response:
        if (refused := self._refusal(request)) is not None:
            return refused
        try:
            with self.store() as store:
                incident = queries.incident(store, request.query_params["id"])
                said = queries.answer_to(store, request.query_params["id"])
        except (StoreUnavailable, StoreRefused):
            return _unavailable()
        if incident is None:
            return _gone()
        return _html(question(incident, "" if said is None else _said(*said)))

    def _answered(self, request: Request, form: dict[str, str]) -> Response:
        if (refused := self._refusal(request)) is not None:
            return refused
        what = Answer(form["action"])
        try:
            with self.store() as store:
                incident = queries.incident(store, request.query_params["id"])
                if incident is None:
                    return _gone()
                answer(store, [incident.id], what, form["by"], form["note"])
        except (StoreUnavailable, StoreRefused):
            return _unavailable()
        return _thanks(incident, what)

    def _refusal(self, request: Request) -> Response | None:
        asked = [request.query_params.getlist(name) for name in ("id", "expires", "signature")]
        if all(len(each) == 1 for each in asked):
            [incident], [expires], [signature] = asked
            if self.links.permits(incident, expires, signature, self.clock()):
                return None
        text = (
            "The link has expired or is not complete. A newer alert has a newer link; `banwatch alerts ack` works too."
        )
        return _say("This link is no longer good", text, HTTPStatus.FORBIDDEN)


def application(links: AnswersDoor | None, desk: DeskDoor | None = None) -> Starlette:
    """Return the ASGI application, with the doors that are set up."""
    routes = []
    if links is not None:
        routes += [Route(PATH, links.show, methods=["GET"]), Route(PATH, links.act, methods=["POST"])]
    if desk is not None:
        routes += [Route(DESK_PATH, desk.write, methods=["POST"])]
    return Starlette(routes=routes)


async def _form(request: Request) -> dict[str, str]:
    form = {name: " ".join(value.split()) for name, value in (await form_of(request)).items()}
    by, note, action = form.get("by", ""), form.get("note", ""), form.get("action", "")
    if not by or len(by) > LONGEST_NAME or len(note) > LONGEST_NOTE:
        raise ValueError(f"Say your name, in at most {LONGEST_NAME} characters, and at most {LONGEST_NOTE} of a note.")
    if action not in set(Answer):
        raise ValueError("Say whether you have it in hand or it is over.")
    if not (name := plain(by, LONGEST_NAME)):
        raise ValueError("Say your name in characters that can be seen.")
    return {"by": name, "note": plain(note, LONGEST_NOTE), "action": action}


def _said(by: str, note: str, action: str, at: datetime) -> str:
    what = "has it in hand" if action == Answer.ACKNOWLEDGE else "has said that it is over"
    return f"{by} {what}, since {at:%a %-d %b %H:%M} UTC. {note}"


def _origin(base: str) -> str:
    """Return the origin of an address as browsers write it: in lower case and ASCII, without the scheme's own port."""
    url = httpx.URL(base)
    return f"{url.scheme}://{url.netloc.decode()}"


def _thanks(incident: Incident, what: Answer) -> Response:
    said = "You have it in hand." if what is Answer.ACKNOWLEDGE else "It is over."
    return _say(said, f"Everybody who was told of {incident.id} hears of it.", HTTPStatus.OK)


def _gone() -> Response:
    return _say(
        "There is no such incident", "It may have been removed, or belong to another store.", HTTPStatus.NOT_FOUND
    )


def _unavailable() -> Response:
    return _say(
        "The store does not answer", "Nothing was written. Try again in a minute.", HTTPStatus.SERVICE_UNAVAILABLE
    )


def _say(title: str, text: str, status: HTTPStatus) -> Response:
    return _html(notice(title, text), status)


def _html(page: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return HTMLResponse(page, status, HEADERS)
