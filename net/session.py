"""HTTP over TLS by the package `requests`: a deadline for each request, no redirects, bounded bodies.

It follows no redirect: that would carry the token to another host.
"""

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3

from net.plain import by_name, joined
from net.response import (
    CHUNK,
    LATE,
    LOST,
    MAX_BYTES,
    SPEAKS_PLAINLY,
    UNREADABLE,
    Fate,
    NoAnswer,
    Response,
    Unusable,
)
from net.shortcut import Adapter, Deadline, Shortcut

# Errors for an address or a header that cannot be sent: the settings are wrong, not the server.
UNUSABLE = (
    requests.exceptions.URLRequired,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    UnicodeEncodeError,
)


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
        self.headers["User-Agent"] = "Stash2Plex"
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

    def through_proxies(self, url: str) -> "Session":
        """Uses the proxies that the environment names for `url`. Call it only for an address on the
        internet."""
        self.proxies.update(requests.utils.get_environ_proxies(url))
        return self

    def twin(self) -> "Session":
        """Returns the same session for another thread, with its own connections."""
        return Session(*self._timeout, bool(self.verify), self._seconds, self._clock)

    def request(  # type: ignore[override]
        self,
        method: Any,
        url: Any,
        headers: Any = None,
        data: Any = None,
        limit: int = 0,
        **more: Any,
    ) -> Response:
        """Returns the whole answer, of at most `limit` bytes, before the deadline. Raises NoAnswer,
        TooLarge or Unusable."""
        options = {**more, "headers": headers, "data": data, "timeout": self._timeout}
        options |= {"stream": True, "allow_redirects": False}
        self._deadline.begin()
        try:
            response = self._received(method, url, options)
            _refuse_early(response)
            content = _body(response, limit or MAX_BYTES)
        except (requests.exceptions.RequestException, UnicodeEncodeError) as error:
            raise translated(error) from error
        return Response(response.status_code, by_name(response.headers.items()), content)

    def _received(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        try:
            return self._sent(method, url, options)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException) as error:
            raise requests.exceptions.ConnectionError(error) from error
        except requests.exceptions.InvalidHeader as error:
            if not isinstance(error.__context__, urllib3.exceptions.InvalidHeader):
                raise  # the header is in our request
            raise NoAnswer(UNREADABLE) from error  # the answer tells its length twice

    def _sent(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        """Returns the answer without its body. Takes the shortcut once the package `requests` has
        accepted the headers."""
        headers = dict(self.headers) | dict(options.get("headers") or {})
        if prepared := self._shortcut.prepared(method, url, headers, options):
            adapter = self.get_adapter(url)
            return adapter.send(prepared, True, self._timeout, self.verify)
        response = super().request(method, url, **options)
        if not response.is_redirect:
            self._shortcut.learn(response.request, headers)
        return response


def _refuse_early(response: requests.Response) -> None:
    """Raises for the notice before an answer, such as 103, which http.client takes for the answer. The
    next request of this connection would get the answer itself."""
    if response.status_code < 200:
        response.close()
        raise NoAnswer(LOST)


def _body(response: requests.Response, limit: int) -> bytes:
    try:
        return joined(_pieces(response), limit)
    except BaseException:
        response.close()
        raise


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


def translated(error: Exception) -> Exception:
    """Turns an error of the package `requests` into NoAnswer or Unusable."""
    if isinstance(error, UNUSABLE):
        return Unusable(type(error).__name__)
    return error if isinstance(error, NoAnswer) else NoAnswer(_fate(error))


def _fate(error: Exception) -> Fate:
    kinds = requests.exceptions
    if isinstance(error, kinds.ConnectTimeout):
        return Fate("timeout", "no connection in time", False)
    if isinstance(error, kinds.Timeout):
        return LATE
    if isinstance(error, kinds.SSLError) and any(word in str(error) for word in _PLAIN):
        return Fate("tls", SPEAKS_PLAINLY, False)
    if isinstance(error, kinds.SSLError) and "EOF" not in str(error):
        return Fate("tls", "the certificate is not accepted", False)
    if isinstance(error, (kinds.ProxyError, kinds.TooManyRedirects)):
        return Fate("gateway", "a proxy is in between", False)
    return UNREADABLE if isinstance(error, kinds.ContentDecodingError) else _broken(error)


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
    return LOST


def _chain(error: "BaseException | None") -> Iterator[BaseException]:
    """Yields the error and its causes, the first cause last."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
