"""One HTTP session for both servers: a deadline for each request, no redirects, bounded bodies.

It follows no redirect: that would carry the token to another host.
"""

import http.client
import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple, TypeVar

import requests
import urllib3

from net.deadline import Deadline
from net.shortcut import Adapter, Shortcut

CHUNK = 1 << 16
# A listing of 1,000 items has about 2 MB. A much larger answer is not meant for us.
MAX_BYTES = 64 << 20
# Errors for an address or a header that cannot be sent: the settings are wrong, not the server.
UNUSABLE = (
    requests.exceptions.URLRequired,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    UnicodeEncodeError,
)


Own = TypeVar("Own", bound="Session")


class TooLarge(requests.exceptions.ContentDecodingError):
    """The body is longer than the limit. The rest was not read."""


class Session(requests.Session):
    """A requests session with `(connect, read)` timeouts and an overall deadline, in seconds.

    It sends each request once: only the caller knows what may be sent again.
    """

    def __init__(
        self,
        connect: float,
        read: float,
        verify: bool = True,
        deadline: "float | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        # Both servers are on this machine or in the LAN. A proxy or .netrc of the environment is
        # not meant for them.
        self.trust_env = False
        self.verify = verify
        self._timeout = (connect, read)
        self._seconds, self._clock = deadline or 2 * read, clock
        self._deadline = Deadline(self._seconds, clock)
        # The clients set cookies by hand: a jar sends the old and the renewed cookie together.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, Adapter(self._deadline, pool_connections=1, max_retries=0))
        self._shortcut = Shortcut()

    def twin(self: Own) -> Own:
        """Returns the same session for another thread, with its own connections."""
        return type(self)(*self._timeout, bool(self.verify), self._seconds, self._clock)

    def request(  # type: ignore[override]
        self, method: Any, url: Any, limit: int = 0, **options: Any
    ) -> requests.Response:
        """Like `requests.Session.request`, but reads the whole body, at most `limit` bytes, before the
        deadline."""
        options["timeout"] = self._timeout
        options["stream"] = True
        options["allow_redirects"] = False
        self._deadline.begin()
        try:
            response = self._sent(method, url, options)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException) as error:
            raise requests.exceptions.ConnectionError(error) from error
        except requests.exceptions.InvalidHeader as error:
            if not isinstance(error.__context__, urllib3.exceptions.InvalidHeader):
                raise  # the header is in our request
            words = "the answer tells its length twice"
            raise requests.exceptions.ContentDecodingError(words) from error
        response._content = _body(response, limit or MAX_BYTES)
        response._content_consumed = True
        return response

    def _sent(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        """Returns the answer without its body. Takes the shortcut once requests accepted the headers."""
        headers = dict(self.headers) | dict(options.get("headers") or {})
        if prepared := self._shortcut.prepared(method, url, headers, options):
            adapter = self.get_adapter(url)
            return adapter.send(prepared, True, self._timeout, self.verify)
        response = super().request(method, url, **options)
        if not response.is_redirect:
            self._shortcut.learn(response.request, headers)
        return response


def _body(response: requests.Response, limit: int) -> bytes:
    chunks, size = [], 0
    try:
        for chunk in _pieces(response):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise TooLarge("the answer is too large")
    except BaseException:
        response.close()
        raise
    return b"".join(chunks)


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """Yields the body as it arrives. `iter_content` would wait for full chunks."""
    raw = response.raw
    if not hasattr(raw, "read1"):
        yield from response.iter_content(1024)
        return
    try:
        while piece := raw.read1(CHUNK, decode_content=True):
            yield piece
    except urllib3.exceptions.DecodeError as error:
        raise requests.exceptions.ContentDecodingError(str(error)) from error
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout(str(error)) from error
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
        raise requests.exceptions.ChunkedEncodingError(str(error)) from error
    raw.release_conn()


# How the versions of OpenSSL say that the answer is no TLS.
_PLAIN = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "record layer failure")
SPEAKS_PLAINLY = "it does not speak TLS: write http:// instead of https://"


class Fate(NamedTuple):
    """Why no answer came."""

    cause: str  # of `errors.CAUSES`
    words: str  # for a person
    sent: bool  # whether the server may have carried out the request


def fate(error: Exception) -> Fate:
    """Returns what an error of requests means for the request. Not for the errors in UNUSABLE."""
    kinds = requests.exceptions
    if isinstance(error, kinds.ConnectTimeout):
        return Fate("timeout", "no connection in time", False)
    if isinstance(error, kinds.Timeout):
        return Fate("timeout", "no answer in time", True)
    if isinstance(error, kinds.SSLError) and any(word in str(error) for word in _PLAIN):
        return Fate("tls", SPEAKS_PLAINLY, False)
    if isinstance(error, kinds.SSLError) and "EOF" not in str(error):
        return Fate("tls", "the certificate is not accepted", False)
    if isinstance(error, (kinds.ProxyError, kinds.TooManyRedirects)):
        return Fate("gateway", "a proxy is in between", False)
    if isinstance(error, kinds.ContentDecodingError):
        return Fate(
            "unreadable", "its answer cannot be unpacked, contradicts itself or is too large", True
        )
    return _broken(error)


def _broken(error: BaseException) -> Fate:
    """The fate of a request whose connection was not made, or ended too soon."""
    causes = list(_chain(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Fate("dns", "its name is not known", False)
    if any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes):
        words = [
            cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror
        ]
        return Fate("refused", words[-1] if words else "no connection", False)
    return Fate("lost", "the connection broke", True)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine. Nobody is in between then, and a self-signed certificate is
    safe."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _chain(error: "BaseException | None") -> Iterator[BaseException]:
    """Yields the error and its causes, the first cause last."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
