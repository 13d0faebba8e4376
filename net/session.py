"""One HTTP session for both servers: a deadline for the whole answer, no redirects, bounded bodies.

A read timeout starts anew with every byte, so a trickling body could hold a drain for an hour;
and a redirect followed blindly would carry the token to another host.
"""

import http.client
import time
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

CHUNK = 1 << 16
# Listings of 1000 items come to about 2 MB; anything far beyond is not an answer to us.
MAX_BYTES = 64 << 20
# An idle keep-alive connection may be closed by the server just as we use it. What may be sent
# twice is repeated here, once; everything else is for the verdict to decide.
REPEATABLE = ("GET", "HEAD", "PUT")


class Session(requests.Session):
    """A requests session with `(connect, read)` timeouts and an overall deadline, in seconds.

    `repeatable` names the methods that a lost connection may make us send a second time.
    """

    def __init__(
        self,
        connect: float,
        read: float,
        verify: bool = True,
        deadline: "float | None" = None,
        clock: Callable[[], float] = time.monotonic,
        repeatable: "tuple[str, ...]" = REPEATABLE,
    ) -> None:
        super().__init__()
        # Both servers are on this machine or in the LAN: a proxy or .netrc of the
        # environment is not meant for them.
        self.trust_env = False
        self.verify = verify
        self._timeout = (connect, read)
        self._deadline = deadline or 2 * read
        self._clock = clock
        self._repeatable = repeatable
        # Cookies are set by hand: a jar sends the old and the refreshed one together.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=4, max_retries=0))

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """Like requests', with the whole body read before the deadline."""
        options["timeout"] = self._timeout
        options["stream"] = True
        options["allow_redirects"] = False
        ends = self._clock() + self._deadline
        try:
            response = super().request(method, url, **options)
        except requests.exceptions.ConnectionError as error:
            if str(method).upper() not in self._repeatable or not _was_idle_reset(error):
                raise
            response = super().request(method, url, **options)
        response._content = self._body(response, ends)
        response._content_consumed = True
        return response

    def _body(self, response: requests.Response, ends: float) -> bytes:
        chunks, size = [], 0
        try:
            for chunk in _pieces(response):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BYTES:
                    raise requests.exceptions.ContentDecodingError("the answer is too large")
                if self._clock() > ends:
                    raise requests.exceptions.ReadTimeout("the answer did not end in time")
        except BaseException:
            response.close()
            raise
        return b"".join(chunks)


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives; `iter_content` alone would wait for a full chunk each time."""
    raw = response.raw
    if not hasattr(raw, "read1"):
        yield from response.iter_content(1024)
        return
    try:
        while piece := raw.read1(CHUNK, decode_content=True):
            yield piece
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
        raise requests.exceptions.ChunkedEncodingError(str(error)) from error
    raw.release_conn()


def _was_idle_reset(error: Exception) -> bool:
    text = str(error)
    return "RemoteDisconnected" in text or "ConnectionResetError" in text or "Broken pipe" in text
