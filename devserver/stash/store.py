"""What the simulated Stash knows: rows with slots, ids, and Stash's textual timestamps."""

from __future__ import annotations

import hashlib
import posixpath
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

KINDS = ("performer", "studio", "tag", "group")


class Row:
    """Base of all rows: slots with defaults, so that 100,000 of them stay small."""

    __slots__: tuple[str, ...] = ()
    defaults: dict[str, Any] = {}

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...

    def __init__(self, **values: Any) -> None:
        for name in self.__slots__:
            setattr(self, name, values.pop(name, self.defaults.get(name)))
        if values:
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(values))}")

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class Scene(Row):
    __slots__ = (
        "id", "title", "code", "details", "director", "urls", "date", "rating100", "organized",
        "created_at", "updated_at", "resume_time", "play_duration", "play_history", "o_history",
        "files", "studio", "groups", "tags", "performers", "stash_ids", "custom_fields", "cover",
        "markers",
    )  # fmt: skip
    defaults = {
        "title": "", "code": "", "details": "", "director": "", "urls": (), "organized": False,
        "resume_time": 0.0, "play_duration": 0.0, "play_history": (), "o_history": (),
        "files": (), "groups": (), "tags": (), "performers": (), "stash_ids": (), "markers": (),
    }  # fmt: skip


class VideoFile(Row):
    __slots__ = (
        "id", "path", "size", "mod_time", "created_at", "updated_at", "fingerprints", "format",
        "width", "height", "duration", "video_codec", "audio_codec", "frame_rate", "bit_rate",
    )  # fmt: skip
    defaults = {
        "size": 1_000_000, "fingerprints": (), "format": "mp4", "width": 1920, "height": 1080,
        "duration": 600.0, "video_codec": "h264", "audio_codec": "aac", "frame_rate": 25.0,
        "bit_rate": 4_000_000,
    }  # fmt: skip

    @property
    def basename(self) -> str:
        return posixpath.basename(self.path)


class Folder(Row):
    __slots__ = ("id", "path", "mod_time", "created_at", "updated_at")


NAMED_DEFAULTS = {
    "aliases": (), "urls": (), "tags": (), "favorite": False, "ignore_auto_tag": False,
    "stash_ids": (), "parents": (), "organized": False,
}  # fmt: skip


class Performer(Row):
    __slots__ = (
        "id", "name", "created_at", "updated_at", "disambiguation", "urls", "gender", "birthdate",
        "country", "alias_list", "favorite", "tags", "ignore_auto_tag", "image", "stash_ids",
        "rating100", "details", "custom_fields", "ethnicity", "eye_color", "height_cm",
        "measurements", "fake_tits", "career_length", "career_start", "career_end", "tattoos",
        "piercings", "death_date", "hair_color", "weight",
    )  # fmt: skip
    defaults = {**NAMED_DEFAULTS, "alias_list": ()}


class Studio(Row):
    __slots__ = (
        "id", "name", "created_at", "updated_at", "urls", "parent", "aliases", "tags",
        "ignore_auto_tag", "image", "stash_ids", "rating100", "favorite", "details", "organized",
        "custom_fields",
    )  # fmt: skip
    defaults = NAMED_DEFAULTS


class Tag(Row):
    __slots__ = (
        "id", "name", "created_at", "updated_at", "sort_name", "description", "aliases",
        "ignore_auto_tag", "favorite", "image", "stash_ids", "parents", "custom_fields",
    )  # fmt: skip
    defaults = NAMED_DEFAULTS


class Group(Row):
    __slots__ = (
        "id", "name", "created_at", "updated_at", "aliases", "duration", "date", "rating100",
        "studio", "director", "synopsis", "urls", "tags", "image", "back_image", "custom_fields",
    )  # fmt: skip
    defaults = {**NAMED_DEFAULTS, "aliases": None}


ROW_OF = {"performer": Performer, "studio": Studio, "tag": Tag, "group": Group}


def parse_offset(offset: str) -> timezone:
    """ "+02:00" -> timezone."""
    sign = -1 if offset.startswith("-") else 1
    hours, minutes = offset.lstrip("+-").split(":")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


class Store:
    """All rows of one library. `lock` is the one writer of the real SQLite database."""

    def __init__(self, clock: Callable[[], float] = time.time, tz_offset: str = "+02:00") -> None:
        self.clock = clock
        self.tz_offset = tz_offset
        self.lock = threading.RLock()
        self.scenes: dict[int, Scene] = {}
        self.files: dict[int, VideoFile] = {}
        self.file_by_path: dict[str, VideoFile] = {}
        self.folders: dict[str, Folder] = {}
        self.named: dict[str, dict[int, Any]] = {kind: {} for kind in KINDS}
        self.names: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
        self._last: dict[str, int] = {}
        self._stamp = (0, "", "")

    def next_id(self, kind: str) -> int:
        self._last[kind] = self._last.get(kind, 0) + 1
        return self._last[kind]

    def now(self) -> str:
        """The present as Stash stores it: RFC 3339, whole seconds, the server's own offset."""
        second, offset = int(self.clock()), self.tz_offset
        if self._stamp[:2] != (second, offset):
            self._stamp = (second, offset, self.timestamp(second))
        return self._stamp[2]

    def timestamp(self, seconds: float) -> str:
        text = datetime.fromtimestamp(int(seconds), parse_offset(self.tz_offset)).isoformat()
        return text.replace("+00:00", "Z")

    # -- adding rows -----------------------------------------------------------------------

    def add_named(self, kind: str, name: str, **fields: Any) -> Any:
        now = self.now()
        fields.setdefault("created_at", now)
        fields.setdefault("updated_at", now)
        row = ROW_OF[kind](id=self.next_id(kind), name=name, **fields)
        self.named[kind][row.id] = row
        self.names[kind].setdefault(name, row.id)
        return row

    def id_of(self, kind: str, name: str) -> int:
        """The id of the object with this name, created when it does not exist yet."""
        found = self.names[kind].get(name)
        return self.add_named(kind, name).id if found is None else found

    def renamed(self, kind: str, row: Any, name: str) -> None:
        if self.names[kind].get(row.name) == row.id:
            del self.names[kind][row.name]
        row.name = name
        self.names[kind][name] = row.id

    def folder(self, path: str) -> Folder:
        found = self.folders.get(path)
        if found is None:
            now = self.now()
            found = Folder(
                id=self.next_id("folder"), path=path, mod_time=now, created_at=now, updated_at=now
            )
            self.folders[path] = found
        return found

    def add_file(self, path: str, **fields: Any) -> VideoFile:
        now = self.now()
        for name in ("mod_time", "created_at", "updated_at"):
            fields.setdefault(name, now)
        row = VideoFile(id=self.next_id("file"), path=path, **fields)
        if not row.fingerprints:
            row.fingerprints = (("oshash", oshash(path)),)
        self.files[row.id] = row
        self.file_by_path[path] = row
        self.folder(posixpath.dirname(path))
        return row

    def add_scene(self, files: Iterable[VideoFile] = (), **fields: Any) -> Scene:
        now = self.now()
        fields.setdefault("created_at", now)
        fields.setdefault("updated_at", now)
        row = Scene(id=self.next_id("scene"), files=tuple(f.id for f in files), **fields)
        self.scenes[row.id] = row
        return row

    # -- finding rows ----------------------------------------------------------------------

    def scenes_with(self, kind: str, id_: int) -> list[Scene]:
        """Scenes that refer to one performer, studio, tag or group."""
        if kind == "studio":
            return [s for s in self.scenes.values() if s.studio == id_]
        if kind == "group":
            return [s for s in self.scenes.values() if any(g[0] == id_ for g in s.groups)]
        return [s for s in self.scenes.values() if id_ in getattr(s, kind + "s")]

    def tagged(self, id_: int) -> list[Any]:
        """Performers, studios and groups with a tag."""
        kinds = ("performer", "studio", "group")
        return [row for k in kinds for row in self.named[k].values() if id_ in (row.tags or ())]

    def scene_of_file(self, file_id: int) -> Scene | None:
        return next((s for s in self.scenes.values() if file_id in s.files), None)

    # -- removing rows ---------------------------------------------------------------------

    def drop_file(self, file_id: int) -> None:
        row = self.files.pop(file_id)
        self.file_by_path.pop(row.path, None)

    def drop_named(self, kind: str, id_: int) -> None:
        """Deleting an object detaches it everywhere; no scene's updated_at moves."""
        for scene in self.scenes_with(kind, id_):
            detach(scene, kind, id_)
        if kind == "tag":
            for one in self.tagged(id_):
                one.tags = tuple(tag for tag in one.tags if tag != id_)
        for below in self.named["studio"].values() if kind == "studio" else ():
            below.parent = None if below.parent == id_ else below.parent
        row = self.named[kind].pop(id_)
        if self.names[kind].get(row.name) == id_:
            del self.names[kind][row.name]


def detach(scene: Scene, kind: str, id_: int) -> None:
    if kind == "studio":
        scene.studio = None
    elif kind == "group":
        scene.groups = tuple(g for g in scene.groups if g[0] != id_)
    else:
        name = kind + "s"
        setattr(scene, name, tuple(x for x in getattr(scene, name) if x != id_))


def oshash(path: str) -> str:
    return hashlib.md5(path.encode("utf-8", "surrogatepass")).hexdigest()[:16]
