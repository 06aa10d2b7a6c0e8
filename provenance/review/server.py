"""Running the review page on this machine alone."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from provenance.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from provenance.gate.review_queue import ReviewQueue

_HOST = "127.0.0.1"


def serve(
    queue: ReviewQueue,
    *,
    reviewer: str,
    port: int,
    ready: Callable[[str], None],
    key: Ed25519PrivateKey | None = None,
) -> int:
    """Serve the page until the process is interrupted; gives how many pictures were decided.

    What the reviewer says is signed with `key`, where there is one.

    `ready` gets the address once it can be opened; port 0 takes one that is free. Raises MissingExtra without
    Starlette and uvicorn, UsageError where the port is taken.
    """
    try:
        import uvicorn

        from provenance.review.app import ReviewPage, application
    except ModuleNotFoundError as missing:
        raise MissingExtra(missing.name or "uvicorn", "serve", "the review page") from missing
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((_HOST, port))
            listening.listen()  # so that a browser may knock before the server answers
        except OSError as error:
            problem = f"the page cannot be served on port {port}: {error.strerror}"
            raise UsageError(problem, remedy="choose another --port, or leave it out") from error
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(32)
        page = ReviewPage(queue, reviewer, key)
        config = uvicorn.Config(
            application(page, token=token, port=port),
            log_config=None,
            access_log=False,  # an address holds the token
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=5,
        )
        ready(f"http://{_HOST}:{port}/{token}/")
        with suppress(KeyboardInterrupt):  # the way to end it
            uvicorn.Server(config).run(sockets=[listening])
    return page.decided
