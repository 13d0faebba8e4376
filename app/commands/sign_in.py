"""Signing in to Plex, in short operations that the page calls one after the other. The browser gets an id,
an address of Plex's own page, and later names and addresses of servers; never a token."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import errors
from app import arguments, pending_sign_in
from app.commands.settings import libraries_of
from app.pending_sign_in import SignIn
from app.phrasing import many
from app.run import Run
from stash import stdio
from validation.address import tidy_token, tidy_url, token_fault, url_fault

if TYPE_CHECKING:
    from plex.client.client import PlexClient
    from plex.client.plex_tv import PlexTv, Server

QUICK = (3.0, 5.0)  # seconds to connect and to answer: of one look, and of one address
AT_ONCE = 16  # addresses that are tried at the same time
MOST = 12  # addresses of a server
WEB_PAGE = "the Plex server's own address in your network, for example http://192.168.1.10:32400"
NOWHERE = (
    "None of its addresses answers where Stash runs. If Stash or Plex runs in a container, enter an "
    "address that Stash can reach: the address of the machine, http://host.docker.internal:32400, or "
    "the name of Plex's container"
)
Answer = dict[str, Any]


def sign_in(run: Run) -> Answer:
    """Ask plex.tv for a PIN. Returns the page on which a person approves it."""
    plex_tv = _plex_tv(run)
    pin = plex_tv.new_pin()
    begun = pending_sign_in.begin(run.data_dir, pin.id, pin.seconds, run.clock())
    return {"id": begun.id, "address": plex_tv.page_for(pin.code), "ends": begun.ends}


def sign_in_poll(run: Run) -> Answer:
    """Look once whether the PIN is approved. A plex.tv that is busy is asked again by the next look."""
    given = _pending(run)
    if given.token:
        return {"signed_in": True, "problem": ""}
    try:
        given.token = _plex_tv(run, *QUICK).token_of(given.pin)
    except (errors.Busy, errors.Unreachable) as error:
        return {"signed_in": False, "problem": str(error)}
    except errors.Stash2PlexError:
        pending_sign_in.end(run.data_dir)
        raise
    if given.token:
        pending_sign_in.keep(run.data_dir, given)
        stdio.info("signed in to plex.tv: now a server is chosen on the page")
    return {"signed_in": bool(given.token), "problem": ""}


def sign_in_servers(run: Run) -> Answer:
    """The servers that the account owns, with the addresses that answer from here."""
    from plex.client import plex_tv

    given = _signed_in(run)
    resources = _plex_tv(run).resources(given.token)
    owned = [server for server in plex_tv.servers(resources) if _is_usable(server)]
    if not owned:
        raise errors.SetupError(_no_server(plex_tv.shared(resources)))
    tried = _tried(run, owned)
    given.servers = {
        server.machine: {
            "name": server.name,
            "token": server.token,
            "addresses": [row["url"] for row in tried[server.machine] if not row["problem"]],
        }
        for server in owned
    }
    pending_sign_in.keep(run.data_dir, given)
    known = _known(run)
    return {"servers": [_shown(server, tried[server.machine], known) for server in owned]}


def _is_usable(server: "Server") -> bool:
    return token_fault(server.token) is None


def _no_server(shared: int) -> str:
    others = f" (it may use {many(shared, 'server')} of other people)" if shared else ""
    return (
        f"This account owns no Plex server{others}. Only the owner of a server can change its "
        "libraries: sign in with the owner's account, or claim the server in Plex first."
    )


def _tried(run: Run, owned: "list[Server]") -> dict[str, list[Answer]]:
    """Each server's addresses in their order, and why an address is of no use."""
    from plex.client import plex_tv

    verify = not run.config.plex_insecure_tls
    asked = [(server, address) for server in owned for address in server.addresses[:MOST]]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        urls = (address.url for _, address in asked)
        found = list(threads.map(lambda url: _machine_at(url, verify), urls))
    rows: dict[str, list[Answer]] = {server.machine: [] for server in owned}
    for (server, address), (machine, problem) in zip(asked, found, strict=True):
        if machine and machine != server.machine:
            problem = f"another Plex server answers at {address.url}"
        rows[server.machine].append(
            {"url": address.url, "local": address.local, "direct": plex_tv.is_direct(address.url),
             "problem": problem}
        )  # fmt: skip
    return rows


def _machine_at(url: str, verify: bool) -> "tuple[str, str]":
    """(the identifier of the Plex that answers there, ''), or ('', why none does). No token is sent."""
    from plex.client.client import probe

    try:
        return probe(url, *QUICK, verify=verify), ""
    except errors.Stash2PlexError as error:
        return "", str(error)


def _known(run: Run) -> str:
    """The identifier of the server that the plugin works with, '' if it has met none."""
    from sync_queue import servers

    return servers.current(run.data_dir, run.store.machine)


def _shown(server: "Server", rows: list[Answer], known: str) -> Answer:
    best = next((row["url"] for row in rows if not row["problem"]), "")
    return {
        "machine": server.machine, "name": server.name, "addresses": rows, "best": best,
        "current": server.machine == known, "advice": "" if best else f"{NOWHERE}.",
    }  # fmt: skip


def sign_in_server(run: Run) -> Answer:
    """Choose a server, at its best address or at one that a person types. Returns its libraries."""
    given = _signed_in(run)
    machine = arguments.text(run, "machine")
    if machine not in given.servers:
        raise errors.SetupError("This server is not one of the account's. Sign in again.")
    given.machine, given.address = machine, _address(run, given.servers[machine], machine)
    client = _client(run, given)
    libraries = libraries_of(run, client)
    pending_sign_in.keep(run.data_dir, given)
    return {"name": client.name, "version": client.version, "address": given.address,
            "libraries": libraries}  # fmt: skip


def _address(run: Run, server: Answer, machine: str) -> str:
    """The address to use. Raises SetupError if the server does not answer there."""
    typed = arguments.text(run, "address")
    if not typed:
        if not server["addresses"]:
            raise errors.SetupError(f"{server['name']}: {NOWHERE}.")
        return str(server["addresses"][0])
    url = tidy_url(typed)
    if fault := url_fault(url):
        raise errors.SetupError(fault)
    found, problem = _machine_at(url, not run.config.plex_insecure_tls)
    if problem:
        raise errors.SetupError(f"{problem}. Enter {WEB_PAGE}.")
    if found != machine:
        raise errors.SetupError(
            f"Another Plex server than {server['name']} answers at {url}. Enter {WEB_PAGE}."
        )
    return url


def _client(run: Run, given: SignIn) -> "PlexClient":
    """A client for the chosen server. Raises SetupError if the server does not take the token as its
    owner's."""
    server = given.servers[given.machine]
    client = _connected(run, given.address, server["token"])
    if client.machine != given.machine or not client.is_owners():
        raise errors.SetupError(
            f"{server['name']} does not accept this account as its owner. Sign in with the owner's account."
        )
    return client


def _connected(run: Run, url: str, token: str) -> "PlexClient":
    from plex.client.client import connect

    config = run.config
    verify = not config.plex_insecure_tls
    return connect(url, token, config.connect_timeout, config.read_timeout, verify)


def sign_in_save(run: Run) -> Answer:
    """Write address, token and libraries into Stash's settings, and end the sign-in. Without `libraries`
    that setting stays."""
    given = _signed_in(run)
    if not given.machine:
        raise errors.SetupError("Choose a server first.")
    token = given.servers[given.machine]["token"]
    changed = {"plex_url": given.address, "plex_token": token}
    chosen = arguments.ids(run, "libraries")
    if chosen is not None:
        changed["plex_library"] = _setting(chosen, libraries_of(run, _client(run, given)))
    run.stash.change_settings(stdio.PLUGIN_ID, changed)
    pending_sign_in.end(run.data_dir)
    name = given.servers[given.machine]["name"]
    stdio.info(f"signed in: {name} at {given.address} is in the settings now")
    return {"name": name, "address": given.address, "saved": sorted(changed)}


def _setting(chosen: list[int], libraries: list[Answer]) -> str:
    """The value of Plex Libraries; blank for all, so that a library which Plex gets later is synced, too.
    Raises SetupError for a library that the server does not have."""
    known = [library["id"] for library in libraries]
    if not chosen or not set(chosen) <= set(known):
        raise errors.SetupError("Choose at least one of the libraries that the server has.")
    return "" if set(chosen) == set(known) else ", ".join(f"#{id}" for id in chosen)


def connect(run: Run) -> Answer:
    """Save an address and a token that a person typed, after a Plex server accepted them. A blank token
    means the token in the settings."""
    from plex.client.client import probe

    config = run.config
    url, typed = tidy_url(arguments.text(run, "url")), tidy_token(arguments.text(run, "token"))
    token = typed or config.token
    stdio.hide(token)
    if fault := url_fault(url) or token_fault(token):
        raise errors.SetupError(fault)
    verify = not config.plex_insecure_tls
    if not typed and probe(url, *QUICK, verify=verify) != _known(run):
        raise errors.SetupError(
            "Another Plex server answers at this address: enter its token, too."
        )
    plex = _connected(run, url, token)
    changed = {"plex_url": url, "plex_token": token}
    run.stash.change_settings(stdio.PLUGIN_ID, changed)
    stdio.info(f"connected: {plex.name} at {url} is in the settings now")
    return {"name": plex.name, "address": url, "saved": sorted(changed)}


def sign_in_cancel(run: Run) -> Answer:
    """Forget the unfinished sign-in."""
    pending_sign_in.end(run.data_dir)
    return {"cancelled": True}


def _plex_tv(run: Run, *seconds: float) -> "PlexTv":
    from plex.client.plex_tv import PlexTv

    return PlexTv(pending_sign_in.client(run.data_dir), *seconds)


def _pending(run: Run) -> SignIn:
    return pending_sign_in.load(run.data_dir, arguments.text(run, "id"), run.clock())


def _signed_in(run: Run) -> SignIn:
    given = _pending(run)
    if not given.token:
        raise errors.SetupError("The sign-in is not approved yet. Approve it on Plex's page first.")
    return given
