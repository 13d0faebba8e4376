"""A batch of scenes: read, match, plan, note, write, read back, remember. The spine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import errors
from plex import fields, images, match, plan, wire
from plex.index import Index
from plex.item import Item
from plex.ledger import Entry, Ledger
from plex.paths import PathMap
from stash.scene import Scene


class Stash(Protocol):
    """What a sync asks of Stash."""

    def scenes(self, ids: Sequence[int]) -> dict[int, Scene]: ...
    def cover(self, one: Scene) -> "bytes | None": ...


class Plex(match.Source, images.Posters, Protocol):
    """What a sync asks of Plex."""

    def edit(self, section: int, rating_key: int, parameters: Sequence[wire.Parameter]) -> None: ...
    def rate(self, rating_key: int, rating: "float | None") -> None: ...


class Config(fields.Choice, Protocol):
    """What of the config a sync obeys."""

    @property
    def path_map(self) -> PathMap: ...
    @property
    def preserve_plex_edits(self) -> bool: ...
    @property
    def allow_ambiguous_match(self) -> bool: ...


@dataclass
class Outcome:
    """What became of one scene; `said` is its log line, without the scene's name."""

    scene_id: int
    label: str
    said: str = ""
    changes: list[plan.Change] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    missing: bool = False
    wrote: bool = False
    warnings: list[str] = field(default_factory=list)
    error: "Exception | None" = None
    folders: list[str] = field(default_factory=list)


@dataclass
class Work:
    """One scene on one item: what was decided, before it is done."""

    scene: Scene
    item: Item
    entry: Entry
    wanted: dict[str, fields.Value]
    changes: tuple[plan.Change, ...]
    poster: "images.Poster | None" = None
    after: "Item | None" = None

    @property
    def writes(self) -> list[plan.Change]:
        return [change for change in self.changes if change.writes]


class Sync:
    """Calls with scene ids; Unreachable, Refused and the like pass through: they stop the drain."""

    def __init__(
        self,
        stash: Stash,
        plex: Plex,
        index: Index,
        ledger: Ledger,
        config: Config,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stash, self._plex = stash, plex
        self._index, self._ledger, self._config = index, ledger, config
        self._clock = clock

    def __call__(self, ids: Sequence[int]) -> list[Outcome]:
        scenes = self._stash.scenes(ids)
        outcomes = {n: self._outcome(n, scenes.get(n)) for n in ids}
        found = [scenes[n] for n in ids if n in scenes]
        works = self._matched(found, outcomes)
        self._note(works)
        done = [work for work in works if self._apply(work, outcomes[work.scene.id])]
        self._read_back(done)
        self._remember(done, outcomes)
        return [outcomes[n] for n in ids]

    def _outcome(self, number: int, scene: "Scene | None") -> Outcome:
        if scene:
            return Outcome(number, scene.label())
        keys = self._ledger.forget_scene(number)
        left = f"; Plex item {_list(keys)} is left as it is" if keys else ""
        return Outcome(number, f"scene {number}", f"is no longer in Stash{left}")

    # -- match and decide

    def _matched(self, scenes: list[Scene], outcomes: dict[int, Outcome]) -> list[Work]:
        matches = match.match(scenes, self._index, self._plex, self._config.path_map, self._refresh)
        pairs = []
        for scene in scenes:
            items = matches.of(scene)
            if self._usable(scene, items, outcomes[scene.id]):
                pairs += [(scene, item) for item in items]
        entries = self._ledger.entries([item.rating_key for _, item in pairs])
        owner = match.owners(
            pairs, {key: e.scene_id for key, e in entries.items()}, self._still_there
        )
        works = []
        for scene, item in pairs:
            if owner[item.rating_key] == scene.id:
                entry = entries.get(item.rating_key) or Entry(item.rating_key, scene.id)
                works.append(self._decide(scene, item, entry))
            else:
                _share(outcomes[scene.id], item, owner[item.rating_key])
        return works

    def _refresh(self) -> bool:
        return self._index.refresh(self._plex, self._clock())

    def _usable(self, scene: Scene, items: list[Item], outcome: Outcome) -> bool:
        if not items:
            outcome.missing = bool(scene.files)
            outcome.folders = [f.path for f in scene.files]
            outcome.said = "is not in Plex yet" if scene.files else "has no file"
        elif len(items) > 1 and not self._config.allow_ambiguous_match:
            which = "; ".join(f"{i.rating_key} “{i.title}”" for i in items)
            outcome.said = f"fits {len(items)} Plex items and is left alone: {which}"
            outcome.warnings.append(outcome.said + " (allow_ambiguous_match writes all of them)")
            return False
        return bool(items)

    def _still_there(self, scene_id: int, item: Item) -> bool:
        holder = self._stash.scenes([scene_id]).get(scene_id)
        return holder is not None and match.holds(item, holder, self._config.path_map)

    def _decide(self, scene: Scene, item: Item, entry: Entry) -> Work:
        wanted = fields.wanted(scene, self._config)
        found = plan.changes(entry.baseline, item.values, wanted, self._config.preserve_plex_edits)
        return Work(scene, item, entry, wanted, found, self._poster(scene, item, entry))

    def _poster(self, scene: Scene, item: Item, entry: Entry) -> "images.Poster | None":
        if fields.POSTER not in self._config.sync_fields:
            return None
        if not images.may_show(item, entry, self._config.preserve_plex_edits):
            return None
        if not images.must_look(scene.cover_version, entry):
            return None
        data = self._stash.cover(scene)
        found = images.poster(data) if data else None
        return found if found and (found.sha1 != entry.poster or entry.poster_begun) else None

    # -- note, write, read back, remember

    def _note(self, works: list[Work]) -> None:
        """Say on disk what will be ours, before it is: a kill in between must not orphan it."""
        self._ledger.put(
            work.entry.but(
                scene_id=work.scene.id,
                baseline=plan.begun(work.entry.baseline, work.changes, work.wanted),
                poster_begun=bool(work.poster) or work.entry.poster_begun,
            )
            for work in works
            if work.writes or work.poster
        )

    def _apply(self, work: Work, outcome: Outcome) -> bool:
        """Write one item; False when that failed, with the reason in the outcome."""
        try:
            parameters = wire.parameters(work.changes)
            if work.poster and "thumb" not in work.item.locks:
                parameters.append(("thumb.locked", "1"))
            if parameters:
                self._plex.edit(work.item.section, work.item.rating_key, parameters)
            for change in work.writes:
                if change.field == "rating":
                    self._plex.rate(work.item.rating_key, change.after)  # type: ignore[arg-type]
            if work.poster:
                images.show(self._plex, work.item.rating_key, work.poster, work.entry)
        except (errors.Busy, errors.Rejected, errors.Gone) as error:
            if isinstance(error, errors.Gone):
                self._index.forget([work.item.rating_key])
            outcome.error = error
            return False
        return True

    def _read_back(self, works: list[Work]) -> None:
        written = [work for work in works if work.writes]
        self._look_again(written)
        stubborn = [work for work in written if self._remove_singly(work)]
        self._look_again(stubborn)

    def _look_again(self, works: list[Work]) -> None:
        found = self._plex.items([work.item.rating_key for work in works])
        for work in works:
            work.after = found.get(work.item.rating_key, work.after)

    def _remove_singly(self, work: Work) -> bool:
        """Some servers honour only the first removal of a request: send the others alone."""
        asked = False
        for change in work.writes:
            field = fields.BY_NAME[change.field]
            if field.kind != "tags" or work.after is None:
                continue
            for name in wire.left_over(change, work.after.values.get(change.field)):
                self._plex.edit(
                    work.item.section, work.item.rating_key, [wire.removal(field.wire, [name])]
                )
                asked = True
        return asked

    def _remember(self, works: list[Work], outcomes: dict[int, Outcome]) -> None:
        entries, refs = [], {}
        for work in works:
            entry = self._entry(work)
            if entry != work.entry.but(synced=entry.synced) or not work.entry.synced:
                entries.append(entry)
                refs[work.scene.id] = work.scene.refs()
            _tell(work, outcomes[work.scene.id])
        if entries:
            self._ledger.put(entries, refs)

    def _entry(self, work: Work) -> Entry:
        current = (work.after or work.item).values
        looked = fields.POSTER in self._config.sync_fields
        return work.entry.but(
            scene_id=work.scene.id,
            baseline=plan.confirmed(work.entry.baseline, work.changes, current, work.wanted),
            cover_version=work.scene.cover_version if looked else work.entry.cover_version,
            poster=work.poster.sha1 if work.poster else work.entry.poster,
            poster_begun=False,
            synced=self._clock(),
        )


def _tell(work: Work, outcome: Outcome) -> None:
    """Add what happened on one item to the scene's outcome."""
    outcome.items.append(work.item.rating_key)
    outcome.changes += work.changes
    done = [change.field for change in work.writes] + (["poster"] if work.poster else [])
    kept = [change.field for change in work.changes if not change.writes]
    outcome.wrote = outcome.wrote or bool(done)
    said = f"Plex item {work.item.rating_key}: " + (", ".join(done) if done else "says the same")
    if kept:
        said += f" (left as edited in Plex: {', '.join(kept)})"
    outcome.said = f"{outcome.said}; {said}" if outcome.said else said
    if work.after:
        for change in work.writes:
            field = fields.BY_NAME[change.field]
            if plan.refused(field, change, work.after.values):
                now = work.after.values.get(change.field)
                outcome.warnings.append(
                    f"Plex was told {change.field} = {change.after!r} and says {now!r}; "
                    "it is not told again until Stash says something else"
                )


def _share(outcome: Outcome, item: Item, owner: int) -> None:
    said = (
        f"shares Plex item {item.rating_key} “{item.title}” with scene {owner}, which it shows; "
        "split the item in Plex to have both"
    )
    outcome.said = said
    outcome.warnings.append(said)


def _list(keys: Sequence[int]) -> str:
    return ", ".join(map(str, keys))
