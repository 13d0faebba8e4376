"""One full-lane invocation: settings, clients and stores, each opened on first use."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import errors
from app.activity import Activity, Contacts
from app.modes import READ_ONLY, WITHOUT_NOTES
from app.progress import Progress, Step
from stash import stdio
from sync_queue import inbox

if TYPE_CHECKING:
    from app.commands.reconcile import Brake
    from app.sync_progress import SyncProgress
    from plex.client.client import PlexClient
    from plex.library.index import Index
    from plex.library.path_map import Finder
    from plex.path_map.paths import PathMap
    from plex.state.database import Store
    from plex.state.journal import Journal
    from reconciliation.scheduler import ReconciliationScheduler
    from stash.api import StashApi
    from sync_queue.jobs import Jobs
    from sync_queue.outages import Outages
    from validation.config import Stash2PlexConfig


class Run:
    """Everything that an operation works with. Times are epoch seconds."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        args: Mapping[str, Any],
        data_dir: str,
        settings: "Mapping[str, Any] | None" = None,
        clock: Callable[[], float] = time.time,
        from_stash: bool = True,
        begun: float = 0.0,
    ) -> None:
        """`begun`: how far the task was before this run, 0..1."""
        self.connection, self.args, self.data_dir = connection, args, data_dir
        self.clock = clock
        self.from_stash = from_stash
        self.activity = Activity(data_dir, str(args.get("mode") or ""), clock)
        self.contacts = Contacts(data_dir, clock, args.get("mode") not in WITHOUT_NOTES)
        self.progress = Progress(self._tell, clock, begun=begun)
        self._settings = settings
        self.given_settings: Mapping[str, Any] = {}  # as Stash stores them, once `config` is read
        self.settings_warnings: Sequence[str] = ()  # about values that cannot be used
        self.state_of_settings = ""  # the state of Stash's settings that `config` was read in
        self._listener: Callable[[str], None] = stdio.warning
        self._no_plex: errors.Stash2PlexError | None = None  # why this run has no Plex

    def warn(self, line: str) -> None:
        """Log a warning, or hand it to the listener."""
        self._listener(line)

    @contextmanager
    def overheard(self) -> Iterator[list[str]]:
        """Collect warnings about settings and state files instead of logging them."""
        lines: list[str] = []
        self._listener = lines.append
        try:
            yield lines
        finally:
            self._listener = stdio.warning

    def _tell(self, step: Step) -> None:
        stdio.progress(step.fraction)
        self.activity.note(step)

    def tell_end(self, problem: str) -> None:
        """Note for the page how the run ended; Stash calls every task finished."""
        if self.args.get("mode") not in READ_ONLY:
            self.activity.ended(stdio.redact(problem))

    @cached_property
    def stash(self) -> "StashApi":
        from stash.api import StashApi

        return StashApi(self.connection)

    @cached_property
    def config(self) -> "Stash2PlexConfig":
        """The user's settings. The first use warns about bad values."""
        from app.kept_settings import checked
        from validation.address import typed_secrets

        # Taken before the settings: a change in between makes the hooks' notes outdated, not wrong.
        self.state_of_settings = inbox.state_of_settings(str(self.connection.get("Dir") or ""))
        given = self._settings
        if given is None:
            given = self._settings_of_stash()
        self.given_settings = given if isinstance(given, Mapping) else {}
        for secret in typed_secrets(given):
            stdio.hide(secret)
        keeps = self.args.get("mode") not in WITHOUT_NOTES
        config, warnings, unknown = checked(self.data_dir, given, keeps)
        stdio.hide(config.token)
        stdio.set_debug(config.debug_logging)
        stdio.set_scrub(config.obfuscate_paths)
        self.settings_warnings = warnings
        for line in warnings:
            self.warn(line)
        if unknown:
            stdio.debug(f"unknown settings: {', '.join(unknown)}")
        return config

    def _settings_of_stash(self) -> "Mapping[str, Any]":
        try:
            given = self.stash.settings(stdio.PLUGIN_ID)
        except errors.Stash2PlexError as error:
            self.contacts.failed("stash", str(error))
            raise
        self.contacts.answered("stash")
        return given

    @property
    def knows_settings(self) -> bool:
        """Whether the settings could be read. False if Stash does not answer."""
        return "config" in self.__dict__

    @cached_property
    def jobs(self) -> "Jobs":
        from sync_queue.jobs import Jobs

        return Jobs(self.home, self.clock, self.warn)

    @cached_property
    def home(self) -> str:
        """The folder with the state of the current Plex server."""
        return inbox.home(self.data_dir)

    @cached_property
    def plex(self) -> "PlexClient":
        """A client for the Plex that answered. Raises SetupError, Unreachable or Refused. From now on
        `store`, `jobs` and all other state are those of this server."""
        if self._no_plex:
            raise self._no_plex
        try:
            return self._connected()
        except errors.Stash2PlexError as error:
            self._no_plex = error
            raise

    def meet(self) -> None:
        """Find out which Plex server answers, since all state belongs to one server. An error is raised
        later, by the first use of `plex`."""
        with suppress(errors.Stash2PlexError):
            _ = self.plex

    def _connected(self) -> "PlexClient":
        from validation.address import problem

        if fault := problem(self.config.plex_url, self.config.token):
            self.contacts.failed("plex", fault)
            raise errors.SetupError(fault)
        from plex.client.client import connect
        from plex.sync.together import Traits

        config, outages = self.config, self.outages
        verify = not config.plex_insecure_tls
        must_probe = outages.admit(self.asked)
        try:
            if must_probe:
                self.probe_plex()
            client = connect(
                config.plex_url, config.token, config.connect_timeout, config.read_timeout, verify
            )
            client.only(config.plex_library).paused(config.paused)
        except errors.Stash2PlexError as error:
            outages.trip(error)
            self.contacts.failed("plex", str(error))
            raise
        self._recognise(client)
        Traits(self.store).answered(client.version)
        self.outages.answered()
        self.contacts.answered("plex", client.version)
        return client

    def _recognise(self, client: "PlexClient") -> None:
        """Switch to the state of another server if one answers. The jobs that wait are copied for it, and
        a server that comes back gets a whole reconciliation."""
        known, url = self.store.machine, self.config.plex_url
        if (
            known
            and known == client.machine
            and not inbox.exists(f"{self.data_dir}/{inbox.SERVER}")
        ):
            return  # there is no other
        from sync_queue import servers

        present = servers.current(self.data_dir, known)
        if not (present and client.machine) or present == client.machine:
            self.store.belongs_to(client.machine)
            if servers.may_be_another(self.data_dir, url):  # the same server at another address
                servers.enter(self.data_dir, present, present, url)
            return
        self.outages.dismiss()
        stdio.info(
            f"another Plex server answers now (“{client.name}”): the state of the server before is kept "
            "until that one answers again"
        )
        self._hand_over(servers.folder(self.data_dir, client.machine, present), client.machine)
        folder = servers.enter(self.data_dir, client.machine, present, url)
        self._let_go()
        self.home = folder

    def _hand_over(self, folder: str, machine: str) -> None:
        """Prepare the state in this folder before it becomes current. After a kill the next run does it anew."""
        from plex.state.database import Store
        from plex.state.ledger import Ledger
        from reconciliation.scheduler import ReconciliationScheduler
        from sync_queue.jobs import Jobs

        with closing(Jobs(folder, self.clock, self.warn)) as jobs:
            jobs.take_over(self.jobs, self.clock())
        with closing(Store(folder, self.clock, self.warn)) as store:
            store.belongs_to(machine)
            if Ledger(store).size():
                ReconciliationScheduler(folder, clock=self.clock).expect_whole()

    def _let_go(self) -> None:
        """Close and forget everything that belongs to the server before."""
        self.close_files()
        for name in ("jobs", "store", "journal", "index", "paths", "scheduler", "outages", "home"):
            self.__dict__.pop(name, None)

    def probe_plex(self) -> None:
        """Send one cheap request. Raises Unreachable if Plex does not answer."""
        from plex.client.client import probe

        config = self.config
        verify = not config.plex_insecure_tls
        probe(config.plex_url, config.connect_timeout, config.read_timeout, verify)

    @cached_property
    def outages(self) -> "Outages":
        from sync_queue.outages import Outages

        return Outages(self.home, self.clock, self.work_left, self.data_dir)

    def work_left(self) -> int:
        """How many jobs and flags wait to be synced."""
        counts = self.jobs.counts(self.clock())
        return len(inbox.flags(self.data_dir)) + sum(
            counts[name] for name in ("pending", "waiting", "in_progress")
        )

    @property
    def asked(self) -> bool:
        """Whether a person or cron started this run: then Plex is asked even if it was away just now."""
        return not self.args.get("trigger")

    @cached_property
    def store(self) -> "Store":
        from plex.state.database import Store

        return Store(self.home, self.clock, self.warn)

    @cached_property
    def journal(self) -> "Journal":
        from plex.state.journal import Journal

        kept = (self.config.journal_days, self.config.journal_rows) if self.knows_settings else ()
        return Journal(self.store, str(self.args.get("mode") or "inline"), *kept)

    @cached_property
    def index(self) -> "Index":
        from plex.library.index import Index

        return Index(self.store, self.warn)

    @cached_property
    def paths(self) -> "Finder":
        from plex.library.path_map import Finder

        return Finder(
            self.config.path_map, self.stash, self.index, self.store, self.clock,
            say=stdio.info, warn=self.warn,
        )  # fmt: skip

    @property
    def path_map(self) -> "PathMap":
        """The path map in use: set by the user, or inferred."""
        return self.paths.path_map

    @cached_property
    def sync_progress(self) -> "SyncProgress":
        from app.sync_progress import SyncProgress

        return SyncProgress(self.progress)

    @cached_property
    def brake(self) -> "Brake":
        from app.commands.reconcile import Brake

        return Brake(self)

    @cached_property
    def scheduler(self) -> "ReconciliationScheduler":
        from reconciliation.scheduler import ReconciliationScheduler

        identity = stdio.server_identity() if self.from_stash else None
        return ReconciliationScheduler(self.home, clock=self.clock, identity=identity)

    def close(self) -> None:
        """Close the files. Also called after an error."""
        self.activity.close()
        self.close_files()

    def close_files(self) -> None:
        for name in ("jobs", "store"):
            if name in self.__dict__:
                self.__dict__[name].close()
