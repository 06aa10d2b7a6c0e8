"""Who may speak to the review page: one browser on this machine that was given the address, from its own pages.

The token is the first part of every path, so that neither a cookie nor a header carries it to another server of this
machine. `Host` has to be this server's own (DNS rebinding), a request that changes something has to come from its own
pages (`Origin`, Fetch metadata), and no answer may be framed, cached, sniffed or named in a referrer.
"""

from __future__ import annotations

import secrets
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY: Final = 64 << 10
"""64 KiB: a decision on 500 pictures has some 5."""

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Content Security Policy Level 3, with Trusted Types: no text can become a script, whatever a page does with it."""

_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


class Guard:
    """Lets through what may come in, with the token taken off its path; answers everything else by 403 or 413."""

    def __init__(self, app: ASGIApp, token: str, hosts: frozenset[str]) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal, path = self._looked_over(scope)
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        inner = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(inner, _bounded(receive), guarded)

    def _looked_over(self, scope: Scope) -> tuple[Response | None, str]:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        token, _, rest = scope["path"].removeprefix("/").partition("/")
        origin = headers.get("origin")
        if host not in self._hosts:
            return _refused("this server is called 127.0.0.1"), ""
        if not secrets.compare_digest(token.encode(), self._token):
            return _refused("open the address that `provenance review serve` printed, whole"), ""
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return _refused("requests of other pages are not answered"), ""
        if origin not in (None, f"http://{host}"):
            return _refused("requests of other pages are not answered"), ""
        if scope["method"] not in ("GET", "HEAD"):
            if origin is None or headers.get("content-type") != "application/json":
                return _refused("decisions come from this server's own page"), ""
            if int(headers.get("content-length", "0") or 0) > MAX_BODY:
                return PlainTextResponse("too long", 413), ""
        return None, f"/{rest}"


def _bounded(receive: Receive) -> Receive:
    """What is received, without a body that is longer than one may be, whatever its header says."""
    left = MAX_BODY

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return bounded


def _refused(why: str) -> Response:
    return PlainTextResponse(f"{why}\n", 403)
