"""Asks Stash where its config is, for the command line. With the standard library: packages may be missing yet.

A terminal that names a data dir does not need this module, which takes longer to import than all others.
"""

import http.client
import json
import os
import ssl
import urllib.error
import urllib.request
from typing import Any

import errors
from net.response import is_loopback


def config_path(connection: dict[str, Any]) -> str:
    """Ask Stash for the path of its config; '' if it has none. Raises Busy, Refused or Unreachable."""
    host = f"[{connection['Host']}]" if ":" in connection["Host"] else connection["Host"]
    base = f"{connection['Scheme']}://{host}:{connection['Port']}"
    headers = {"Content-Type": "application/json"}
    if connection["ApiKey"]:
        headers["ApiKey"] = connection["ApiKey"]
    query = "query ConfigPath { systemStatus { configPath workingDir } }"
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(f"{base}/graphql", body, headers)
    secure = urllib.request.HTTPSHandler(context=trust(connection["Host"]))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay(), secure)
    try:
        with direct.open(request, timeout=10) as answer:
            status = json.load(answer)["data"]["systemStatus"]
            # Started as `stash --config config.yml`, Stash gives a relative path.
            path = status["configPath"] and os.path.join(status["workingDir"], status["configPath"])
            return path or ""
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise errors.Busy(f"Stash at {base} answered {error.code}") from None
        key = "does not accept the API key" if connection["ApiKey"] else "asks for an API key"
        raise errors.Refused(f"Stash at {base} {key} (401)") from None
    except (OSError, http.client.HTTPException) as error:
        if isinstance(getattr(error, "reason", None), ssl.SSLError):
            raise errors.Unreachable(f"the certificate of Stash at {base} is not valid") from None
        raise errors.Unreachable(f"Stash does not answer at {base}") from None
    except (ValueError, KeyError, TypeError):
        raise errors.Busy(f"the server at {base} is not Stash") from None


def trust(host: str) -> ssl.SSLContext:
    """Returns the context for a request to this host."""
    context = ssl.create_default_context()
    if is_loopback(host):  # Stash's own certificate is self-signed
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the key goes to no other address."""

    def redirect_request(self, *given: Any) -> None:
        return None
