"""How items, sections and collections look in answers: listed, and in full."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from .collection import Collection
from .items import Item, Media, Part, basename, derived_title_sort
from .kinds import FULL_ONLY_TAGS, IMAGES, TAGS, ImageKind, TagKind
from .library import Library
from .markup import El
from .sections import Section
from .tags import Tag

CLOSING = "</Video>\n"


class ListedItem:
    """A row of a listing: its XML is made once and kept on the item."""

    __slots__ = ("guids", "item", "library")

    def __init__(self, library: Library, item: Item, guids: bool) -> None:
        self.library = library
        self.item = item
        self.guids = guids

    def element(self) -> El:
        return listed(self.library, self.item, self.guids)

    def xml(self) -> str:
        if self.item.listing is None:
            self.item.listing = listed(self.library, self.item).xml()
        guids = guid_elements(self.item) if self.guids else []
        listing = self.item.listing
        if self.item.rk in self.library.options.spoilt_rows:
            listing = listing.replace("<Video ", '<Video tagline="&#1;" ', 1)
        if not guids:
            return listing
        inside = listing.removesuffix(CLOSING)
        return inside + "".join(guid.xml() for guid in guids) + CLOSING


def listed(library: Library, item: Item, guids: bool = False) -> El:
    """Truncated: a few tags of each kind without ids, no labels, locks or streams."""
    options = library.options
    children = [media_element(item, media) for media in item.media]
    for kind in TAGS:
        if kind.wire in FULL_ONLY_TAGS or kind.wire not in item.tags:
            continue
        most = options.roles_per_listed_item if kind.wire == "actor" else 0
        tags = item.tags[kind.wire][: most or options.tags_per_listed_item]
        children.extend(El(kind.element, {"tag": tag.name}) for tag in tags)
    if guids:
        children.extend(guid_elements(item))
    return El("Video", attributes(library, item), children)


def full(library: Library, item: Item, check_files: bool = False) -> El:
    """Everything, in the order in which it was written."""
    attrs = attributes(library, item)
    attrs["librarySectionTitle"] = item.section.title
    attrs["librarySectionID"] = item.section.id
    attrs["librarySectionKey"] = f"/library/sections/{item.section.id}"
    children = [media_element(item, media, True, check_files) for media in item.media]
    for kind in TAGS:
        children.extend(
            tag_element(kind, tag, (item.roles or {}).get(tag.id, ""))
            for tag in item.tags.get(kind.wire, ())
        )
    children.extend(guid_elements(item))
    children.extend(lock_elements(item.locks))
    return El("Video", attrs, children)


def attributes(library: Library, item: Item) -> dict[str, Any]:
    """Unset values are None and so left out."""
    get = item.attrs.get
    section: Section = item.section
    title = get("title", "")
    year = item.year(library.options.date_sets_year)
    return {
        "ratingKey": str(item.rk),
        "key": f"/library/metadata/{item.rk}",
        "guid": item.guid,
        "studio": get("studio"),
        "type": "movie",
        "subtype": "clip" if section.is_other_videos else None,
        "title": title or None,
        "titleSort": item.title_sort
        if item.title_sort != title or "titleSort" in item.attrs
        else None,
        "originalTitle": get("originalTitle"),
        "editionTitle": get("editionTitle"),
        "contentRating": get("contentRating"),
        "summary": get("summary"),
        "tagline": get("tagline"),
        "rating": number(get("rating")),
        "audienceRating": number(get("audienceRating")),
        "userRating": number(get("userRating")),
        "viewCount": item.view_count or None,
        "lastViewedAt": item.viewed_at or None,
        "year": int(year) if year else None,
        **image_attributes(item),
        "duration": item.duration or None,
        "originallyAvailableAt": get("originallyAvailableAt"),
        "addedAt": item.added_at or None,
        "updatedAt": item.updated_at,
        "deletedAt": item.deleted_at or None,
    }


def number(text: str | None) -> float | None:
    return float(text) if text else None


def image_attributes(owner: Item | Collection) -> dict[str, str]:
    """`/library/metadata/{rk}/thumb/{updatedAt}`: nothing in it says which picture it is."""
    base = f"/library/metadata/{owner.rk}"
    urls = {
        kind.attribute: f"{base}/{kind.attribute}/{owner.updated_at}"
        for kind in IMAGES
        if owner.shows(kind)
    }
    if isinstance(owner, Collection) and owner.shows(IMAGES[0]).startswith("media://"):
        urls["thumb"] = f"/library/collections/{owner.rk}/composite/{owner.updated_at}"
    return urls


def media_element(item: Item, media: Media, whole: bool = False, check: bool = False) -> El:
    attrs = {
        "id": media.id,
        "duration": item.duration or None,
        "bitrate": 4000,
        "width": 1920,
        "height": 1080,
        "aspectRatio": 1.78,
        "audioChannels": 2,
        "audioCodec": "aac",
        "videoCodec": "h264",
        "videoResolution": "1080",
        "container": "mp4",
        "videoFrameRate": "24p",
        "videoProfile": "high",
    }
    return El("Media", attrs, [part_element(item, part, whole, check) for part in media.parts])


def part_element(item: Item, part: Part, whole: bool, check: bool) -> El:
    suffix = basename(part.file).rpartition(".")[2]
    attrs: dict[str, Any] = {
        "id": part.id,
        "key": f"/library/parts/{part.id}/{item.added_at}/file.{suffix}",
        "duration": item.duration or None,
        "file": part.file,
        "size": part.size,
        "container": "mp4",
        "videoProfile": "high",
    }
    if check:
        attrs["accessible"] = attrs["exists"] = not item.deleted_at
    return El("Part", attrs, streams(part) if whole else [])


def streams(part: Part) -> list[El]:
    video = {"id": part.id * 2, "streamType": 1, "default": True, "codec": "h264", "index": 0}
    audio = {"id": part.id * 2 + 1, "streamType": 2, "codec": "aac", "index": 1, "channels": 2}
    return [El("Stream", video), El("Stream", audio)]


def tag_element(kind: TagKind, tag: Tag, text: str = "") -> El:
    attrs: dict[str, Any] = {"id": tag.id, "filter": f"{kind.wire}={tag.id}", "tag": tag.name}
    if kind.wire == "actor":
        attrs |= {"role": text or None, "thumb": tag.thumb or None}
    return El(kind.element, attrs)


def lock_elements(locks: frozenset[str]) -> list[El]:
    return [El("Field", {"locked": True, "name": name}) for name in sorted(locks)]


def guid_elements(item: Item) -> list[El]:
    return [] if item.section.is_other_videos else [El("Guid", {"id": f"local://{item.rk}"})]


def section_element(section: Section, refreshing: bool, owner: bool) -> El:
    base = f"/library/sections/{section.id}"
    attrs = {
        "allowSync": owner,
        "art": "/:/resources/movie-fanart.jpg",
        "composite": f"{base}/composite/{section.updated_at}",
        "filters": True,
        "refreshing": refreshing,
        "thumb": "/:/resources/movie.png",
        "key": str(section.id),
        "type": section.type,
        "title": section.title,
        "agent": section.agent,
        "scanner": section.scanner,
        "language": section.language,
        "uuid": section.uuid,
        "updatedAt": section.updated_at,
        "createdAt": section.created_at,
        "scannedAt": section.scanned_at,
        "content": True,
        "directory": True,
        "contentChangedAt": section.content_changed_at,
        "hidden": 0,
    }
    return El("Directory", attrs, location_elements(section))


def location_elements(section: Section) -> list[El]:
    ids = range(section.id * 100 + 1, section.id * 100 + 1 + len(section.roots))
    return [El("Location", {"id": i, "path": p}) for i, p in zip(ids, section.roots, strict=True)]


def collection_element(gathered: Collection, whole: bool = False) -> El:
    get = gathered.attrs.get
    years = [int(year) for item in gathered.members if (year := item.year(True))]
    attrs: dict[str, Any] = {
        "ratingKey": str(gathered.rk),
        "key": f"/library/collections/{gathered.rk}/children",
        "guid": f"collection://{gathered.rk}",
        "type": "collection",
        "subtype": "movie",
        "title": gathered.title,
        "titleSort": get("titleSort") or derived_title_sort(gathered.title),
        "summary": get("summary", ""),
        "contentRating": get("contentRating"),
        "rating": number(get("rating")),
        "audienceRating": number(get("audienceRating")),
        "userRating": number(get("userRating")),
        "minYear": min(years, default=None),
        "maxYear": max(years, default=None),
        "smart": False,
        "collectionSort": gathered.sort or None,
        "index": gathered.tag.id,
        "ratingCount": 1,
        "childCount": len(gathered.members),
        "addedAt": gathered.added_at,
        "updatedAt": gathered.updated_at,
        "librarySectionID": gathered.section.id,
        "librarySectionTitle": gathered.section.title,
        "librarySectionKey": f"/library/sections/{gathered.section.id}",
        **image_attributes(gathered),
    }
    locks = lock_elements(gathered.locks) if whole else []
    labels = [
        tag_element(kind, tag) for kind in TAGS if whole for tag in gathered.tags.get(kind.wire, ())
    ]
    return El("Directory", attrs, [*labels, *locks], json_name="Metadata")


def image_elements(owner: Item | Collection, kind: ImageKind) -> list[El]:
    shelf = owner.shelf(kind)
    return [image_element(owner.rk, key, key == shelf.selected) for key in shelf.keys]


def image_element(rk: int, key: str, selected: bool) -> El:
    url = f"/library/metadata/{rk}/file?url={quote(key, safe='')}"
    attrs = {
        "key": url,
        "ratingKey": key,
        "thumb": url,
        "selected": selected,
        "provider": "com.plexapp.agents.localmedia" if key.startswith("media://") else None,
    }
    return El("Photo", attrs)
