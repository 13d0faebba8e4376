#!/bin/sh
# requests 2.32.5 with urllib3 2.5.0: a cookie that is set by name is sent beside the one that replaces it.
#
# The usual guess: after `session.cookies.set("session", "old")`, an answer with `Set-Cookie: session=new`
# replaces the value, as a browser does.
# The behaviour: the first cookie has no domain and the second has one, so the jar keeps both and sends both
# in one header, the old value first. A server that reads the first value sees the old session until that
# expires, an hour later for example. A cookie set with `domain=` and `path=` is replaced.
# Seen on 2026-12-01:
#   set by name:   session=old; session=new
#   with a domain: session=new
# Fails if the behaviour changes. Needs python3 with pip, and a package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
  --target "$folder/packages" requests==2.32.5 urllib3==2.5.0
cat >"$folder/try.py" <<'PYTHON'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests

sent = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        sent.append(self.headers["Cookie"])
        self.send_response(200)
        self.send_header("Set-Cookie", "session=new; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()


def second_cookie(**where):
    session = requests.Session()
    session.trust_env = False
    session.cookies.set("session", "old", **where)
    for _ in range(2):
        session.get(f"http://127.0.0.1:{server.server_port}/", timeout=10)
    return sent[-1]


print("set by name:  ", second_cookie())
print("with a domain:", second_cookie(domain="127.0.0.1", path="/"))
PYTHON
PYTHONPATH="$folder/packages" python3 "$folder/try.py" | tee "$folder/seen"
printf 'set by name:   session=old; session=new\nwith a domain: session=new\n' | diff - "$folder/seen"
