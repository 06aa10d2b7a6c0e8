"""The review page's server: a queue of pictures, their thumbnails, and what a reviewer says of them."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Final

import anyio
from pydantic import Field, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provenance.errors import ProvenanceError, UsageError
from provenance.gate.review_queue import ReviewQueue, Taken
from provenance.report.thumbnails import kinds_of, small
from provenance.review.forms import (
    Rejected,
    Seen,
    Undone,
    group_record,
    picture_record,
    place_of,
    place_text,
)
from provenance.review.guard import Guard

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PAGE: Final = 60
"""Pictures that the page asks for at once."""

_SIDES: Final = {"small": 256, "large": 1_280}
_QUALITY: Final = 78
_DECODERS: Final = 4
"""Pictures that are decoded at once: each may take tens of megabytes."""

_SESSIONS: Final = 256
_STATIC: Final = {
    "": "text/html; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
    "review.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}

_SENT: Final = TypeAdapter[Seen | Rejected | Undone](Annotated[Seen | Rejected | Undone, Field(discriminator="kind")])


@dataclass(slots=True)
class _Session:
    """One open page: the number of its next decision, and what its decisions put on record."""

    next: int = 1
    taken: list[Taken] = field(default_factory=list)


class ReviewPage:
    """Answers for one reviewer over one queue. What it does in between, it does in threads."""

    def __init__(self, queue: ReviewQueue, reviewer: str, key: Ed25519PrivateKey | None = None) -> None:
        self._queue = queue
        self._reviewer = reviewer
        self._key = key
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._turn = threading.Lock()
        self._decoding = anyio.CapacityLimiter(_DECODERS)
        self.decided = 0
        """Pictures that were decided and not taken back, for whoever started the server."""

    def routes(self) -> list[Route]:
        """Every address of the page."""
        return [
            *(Route(f"/{name}", partial(_file, name or "index.html", kind)) for name, kind in _STATIC.items()),
            Route("/start", _answering(self._start)),
            Route("/queue", _answering(self._page)),
            Route("/agreement", _answering(self._agreement)),
            Route("/picture/{item:int}/{size}", self._picture),
            Route("/decide", self._decide, methods=["POST"]),
        ]

    def _start(self, _: Request) -> dict[str, Any]:
        session = secrets.token_urlsafe(16)
        with self._turn:
            self._sessions[session] = _Session()
            while len(self._sessions) > _SESSIONS:
                self._sessions.popitem(last=False)
        return {
            "session": session,
            "reviewer": self._reviewer,
            "collections": self._queue.collections,
            "groups": [group_record(group) for group in self._queue.groups()],
        }

    def _page(self, request: Request) -> dict[str, Any]:
        asked = request.query_params
        try:
            after = place_of(asked.get("after", ""))
        except ValueError:
            raise HTTPException(400, "no such place") from None
        if asked.get("second") == "1":
            found = self._queue.second_looks(self._reviewer, size=PAGE, after=after)
        else:
            found = self._queue.page(asked.get("code", ""), size=PAGE, after=after)
        return {
            "pictures": [picture_record(queued) for queued in found.pictures],
            "after": place_text(found.last) if found.last is not None else None,
        }

    def _agreement(self, _: Request) -> dict[str, Any]:
        found = self._queue.agreement()
        return {"sentence": found.sentence}

    async def _picture(self, request: Request) -> Response:
        item, size = request.path_params["item"], request.path_params["size"]
        if size not in _SIDES:
            raise HTTPException(404)
        clear = request.query_params.get("clear") == "1"
        made = await anyio.to_thread.run_sync(self._drawn, item, _SIDES[size], clear, limiter=self._decoding)
        if made is None:
            raise HTTPException(404, "this picture is not shown")
        return Response(made, media_type="image/webp")

    def _drawn(self, item: int, side: int, clear: bool) -> bytes | None:  # noqa: FBT001 - run_sync passes places
        found = self._queue.picture(item)
        if found is None:
            return None
        data, verdict = found
        return small(data, side=side, quality=_QUALITY, blurred=bool(kinds_of(verdict)) and not clear)

    async def _decide(self, request: Request) -> Response:
        try:
            sent = _SENT.validate_json(await request.body())
        except ValidationError as error:
            raise HTTPException(400, f"no decision: {error.errors()[0]['msg']}") from None
        told, status = await anyio.to_thread.run_sync(self._done, sent)
        return JSONResponse(told, status)

    def _done(self, sent: Seen | Rejected | Undone) -> tuple[dict[str, Any], int]:
        """Take one decision; gives what the page is told, with the number of its next one, and the status."""
        with self._turn:
            session = self._sessions.get(sent.session)
            if session is None:
                return {"error": "this page is no longer known; load it again"}, 403
            if sent.number != session.next:
                return {"error": "this was sent already", "repeated": True, "next": session.next}, 409
            session.next += 1
            try:
                taken = self._taken(sent, session)
            except ProvenanceError as error:
                return {"error": str(error), "next": session.next}, 409
            return {"looks": taken.looks, "rejections": taken.rejections, "next": session.next}, 200

    def _taken(self, sent: Seen | Rejected | Undone, session: _Session) -> Taken:
        now = datetime.now(UTC)
        if isinstance(sent, Undone):
            if not session.taken:
                raise UsageError("there is nothing to undo", remedy="see `provenance review list`")
            last = session.taken.pop()
            self.decided -= len(last)
            return self._queue.take_back(last, by=self._reviewer, reason="undone on the page", at=now)
        if isinstance(sent, Rejected):
            taken = self._queue.reject(
                sent.pictures, reviewer=self._reviewer, at=now, reason=sent.reason, key=self._key
            )
        else:
            taken = self._queue.look(sent.pictures, sent.look(self._reviewer, now), key=self._key)
        session.taken.append(taken)
        self.decided += len(taken)
        return taken


def application(page: ReviewPage, *, token: str, port: int) -> Guard:
    """The page behind its guard."""
    inner = Starlette(
        routes=page.routes(),
        exception_handlers={HTTPException: _refusal, ProvenanceError: _problem},
    )
    return Guard(inner, token, frozenset({f"127.0.0.1:{port}", f"localhost:{port}"}))


def _answering(give: Callable[[Request], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return JSONResponse(await anyio.to_thread.run_sync(give, request))

    return answer


async def _file(name: str, kind: str, _: Request) -> Response:
    data = files("provenance.review").joinpath("static", name).read_bytes()
    return Response(data, media_type=kind)


async def _refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


async def _problem(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 409)
