"""Runs plugins the three ways Stash does: hooks, tasks of the job queue, and operations."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .child import CannotStart, Child
from .context import Cancelled, Context
from .jobs import Job, JobFailed
from .logs import LEVELS, Log, classify
from .manifest import PYTHON, Operation, Plugin, read_all
from .sessions import Sessions

MAX_VISITS = 10
GONE_CHECK_SECONDS = 0.02


class PluginFailed(Exception):
    """What a caller of an operation gets as GraphQL error."""


@dataclass
class Run:
    """One plugin process. The fields after `pid` are filled in when it has ended."""

    kind: str  # hook, task or operation
    plugin: str
    trigger: str  # the hook's trigger, the task's name or the `mode` argument
    mode: str
    stdin: dict
    pid: int | None = None
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    output: Any = None
    error: str | None = None
    duration: float | None = None
    peak_rss: int | None = None
    job: str | None = None

    @property
    def args(self) -> dict:
        return self.stdin["args"]


class PluginHost:
    """Loaded plugins and everything a plugin process is given. Public attributes are switches."""

    def __init__(self, folder: Path, cwd: Path, log: Log, sessions: Sessions) -> None:
        self.folder = folder
        self.cwd = cwd
        self.log = log
        self.sessions = sessions
        self.python = "python3"
        self.env: dict[str, str] = {}
        self.spawn: Callable[..., Any] | None = None
        self.scheme, self.host, self.port = "http", "0.0.0.0", 0
        self.config_dir = ""
        self.relative_plugin_dir = True
        self.stdin_settings = False
        self.stderr_limit: int | None = 64 * 1024
        self.drop_progress = False
        self.plugins: list[Plugin] = []
        self.errors: dict[str, str] = {}
        self.disabled: set[str] = set()
        self.settings: dict[str, dict[str, Any]] = {}
        self.runs: list[Run] = []
        self.said: list[str] = []  # stdout and stderr of every process there ever was
        self.running: set[Child] = set()
        self.on_change: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def reload(self) -> None:
        self.plugins, self.errors = read_all(self.folder)
        for path, reason in self.errors.items():
            self.log.say("error", f"Error loading plugin {path}: {reason}")

    def find(self, plugin_id: str) -> Plugin | None:
        return next((p for p in self.plugins if p.id == plugin_id), None)

    def kill_all(self) -> None:
        """Ends all plugin processes and waits for that, but for no grandchild's sake."""
        children = list(self.running)
        for child in children:
            child.kill()
        for child in children:
            child.done.wait(1)

    # -- the three ways --------------------------------------------------------------------

    def run_hooks(
        self,
        context: Context,
        id_: int,
        trigger: str,
        input_: Any = None,
        fields: list[str] | None = None,
    ) -> None:
        """All hooks of all plugins, one after the other; one that cannot start ends the loop."""
        hook_context: dict[str, Any] = {"id": id_} if id_ else {}
        hook_context |= {"type": trigger, "input": input_}
        if fields:
            hook_context["inputFields"] = fields
        try:
            self._hook_loop(context, trigger, hook_context)
        except (CannotStart, Cancelled) as error:
            self.log.say("error", f"error executing post hooks: {error}")
        context.check()

    def _hook_loop(self, context: Context, trigger: str, hook_context: dict) -> None:
        for plugin in [p for p in self.plugins if p.id not in self.disabled]:
            pair = (plugin.id, trigger)
            if context.visited.count(pair) >= MAX_VISITS:
                if plugin.hooks_for(trigger):
                    self.log.say("debug", f"cyclic loop detected: plugin ID '{plugin.id}'")
                continue
            for hook in plugin.hooks_for(trigger):
                args = {**hook.default_args, "hookContext": hook_context}
                cookie = self.sessions.mint(context.user, (*context.visited, pair))
                run = self._run("hook", trigger, plugin, hook, args, cookie, context, None)
                if run.error is not None:
                    said = f"{trigger} [{plugin.name}]: returned error: {run.error}"
                    self.log.say("error", said)

    def operation(self, context: Context, plugin_id: str, args: dict) -> Any:
        """runPluginOperation: given arguments only, at once, outside the queue."""
        if plugin_id in self.disabled:
            raise PluginFailed(f"plugin {plugin_id} is disabled")
        plugin = self.find(plugin_id)
        if plugin is None:
            nil = "runtime error: invalid memory address or nil pointer dereference"
            raise PluginFailed(f"Internal system error. Error <{nil}>")
        cookie = self.sessions.mint(context.user, context.visited)
        try:
            run = self._run(
                "operation", str(args.get("mode", "")), plugin, None, args, cookie, context, None
            )
        except (CannotStart, Cancelled) as error:
            raise PluginFailed(str(error)) from error
        if run.error is not None:
            raise PluginFailed(run.error)
        return run.output

    def task(
        self, context: Context, plugin_id: str, name: str | None, args: dict, job: Job
    ) -> None:
        """The body of a job. Whatever the plugin answers, the job has finished."""
        if plugin_id in self.disabled:
            raise JobFailed(f"Error creating plugin task: plugin {plugin_id} is disabled")
        plugin = self.find(plugin_id)
        if plugin is None:
            raise JobFailed(f"Error creating plugin task: no plugin with ID {plugin_id}")
        task = plugin.task(name) if name is not None else None
        if name is not None and task is None:
            missing = f"no task with name {name} in plugin {plugin.name or plugin.id}"
            raise JobFailed(f"Error creating plugin task: {missing}")
        given = {**(task.default_args if task else {}), **args}
        cookie = self.sessions.mint(context.user, context.visited)
        label = name or str(given.get("mode", ""))
        try:
            run = self._run("task", label, plugin, task, given, cookie, context, job)
        except CannotStart as error:
            raise JobFailed(f"Error running plugin task: {error}") from error
        except Cancelled:
            return
        if run.error is not None:
            self.log.say("error", f"Plugin returned error: {run.error}")

    # -- one process -----------------------------------------------------------------------

    def _run(
        self,
        kind: str,
        trigger: str,
        plugin: Plugin,
        operation: Operation | None,
        args: dict,
        cookie: str,
        context: Context,
        job: Job | None,
    ) -> Run:
        """Starts a process and waits for it, or for the moment nobody wants it any more."""
        document = self.stdin(plugin, args, cookie)
        run = Run(kind, plugin.id, trigger, str(args.get("mode", "")), document)
        run.job = str(job.id) if job else None
        child = self._start(plugin, operation, run, job)
        while not child.done.wait(GONE_CHECK_SECONDS):
            if context.cancelled():
                child.kill()
                raise Cancelled("operation cancelled")
        return run

    def _start(
        self, plugin: Plugin, operation: Operation | None, run: Run, job: Job | None
    ) -> Child:
        command = plugin.command(operation, self.folder_of(plugin))
        if not command:
            raise CannotStart("empty exec value")
        extra: dict[str, Any] = {"spawn": self.spawn} if self.spawn else {}
        with self._lock:
            child = Child(
                self._resolved(command),
                json.dumps(run.stdin, ensure_ascii=False).encode("utf-8", "surrogatepass"),
                cwd=str(self.cwd),
                env=self._environment(plugin, command[0] in PYTHON),
                on_stderr=lambda line: self._heard(line, plugin, job),
                line_limit=self.stderr_limit,
                on_done=lambda ended: self._ended(ended, run),
                **extra,
            )
            run.pid = child.pid
            self.runs.append(run)
            self.running.add(child)
        child.begin()
        if job:
            job.on_stop = child.kill
        return child

    def _ended(self, child: Child, run: Run) -> None:
        run.output, run.error = child.answer()
        run.stdout = child.stdout.decode("utf-8", "replace")
        run.stderr = child.stderr.decode("utf-8", "replace")
        self.said += [run.stdout, run.stderr]
        run.peak_rss, run.duration = child.peak_rss, child.duration
        run.exit_code = child.exit_code
        self.running.discard(child)
        self.on_change()

    def stdin(self, plugin: Plugin, args: dict, cookie: str) -> dict:
        """The one JSON document that a plugin reads."""
        document: dict[str, Any] = {
            "server_connection": {
                "Scheme": self.scheme,
                "Host": self.host,
                "Port": self.port,
                "SessionCookie": session_cookie(cookie),
                "Dir": self.config_dir,
                "PluginDir": self.folder_of(plugin),
            },
            "args": args,
        }
        if self.stdin_settings:
            document["settings"] = self.settings.get(plugin.id, {})
        return document

    def folder_of(self, plugin: Plugin) -> str:
        if self.relative_plugin_dir:
            return os.path.relpath(plugin.folder, self.cwd)
        return str(plugin.folder)

    def _resolved(self, command: list[str]) -> list[str]:
        return [self.python, *command[1:]] if command[0] in PYTHON else command

    def _environment(self, plugin: Plugin, is_python: bool) -> dict[str, str]:
        env = {**os.environ, **self.env}
        if is_python:
            siblings = str(plugin.folder.parent.absolute())
            before = env.get("PYTHONPATH")
            env["PYTHONPATH"] = f"{before}{os.pathsep}{siblings}" if before else siblings
        return env

    def _heard(self, line: str, plugin: Plugin, job: Job | None) -> None:
        default = plugin.err_log if plugin.err_log in LEVELS else "error"
        level, text = classify(line, default)
        if level == "none":
            return
        if level != "progress":
            self.log.plugin(level, text, plugin.name)
            return
        try:
            value = float(text)
        except ValueError:
            self.log.say("error", f"Error parsing progress value '{text}'")
            return
        if job is not None and not self.drop_progress:
            job.set_progress(value)


def session_cookie(value: str) -> dict[str, Any]:
    """Go's http.Cookie in JSON: no field is left out, and neither path nor domain is set."""
    return {
        "Name": "session",
        "Value": value,
        "Quoted": False,
        "Path": "",
        "Domain": "",
        "Expires": "0001-01-01T00:00:00Z",
        "RawExpires": "",
        "MaxAge": 0,
        "Secure": False,
        "HttpOnly": False,
        "SameSite": 0,
        "Partitioned": False,
        "Raw": "",
        "Unparsed": None,
    }
