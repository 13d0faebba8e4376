"""Switches for everything about a Plex server that is unsettled, versioned or configurable.

The defaults describe the strictest plausible server, so that a client which passes here
survives the milder ones too.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Options:
    """All of it may be changed while the server runs."""

    version: str = "1.43.3.10861-sim"

    # Listings
    omit_total_size: bool = False  # leave totalSize out when the window covers everything
    page_cap: int | None = None  # never more rows than this in one answer
    tags_per_listed_item: int = 2
    roles_per_listed_item: int = 3
    spoilt_rows: set[int] = field(default_factory=set)  # items whose listed rows no parser takes
    ignored_sorts: set[str] = field(default_factory=set)  # keys, such as `updatedAt`
    shows_need_type: bool = True  # a show section without `type` is a 500; else only with `file`
    file_filter: str = "basename"  # or "path", "ignored", "folder"

    # Edits
    only_first_removal: bool = False  # several removals in one request: the first alone counts
    deaf_to: set[str] = field(default_factory=set)  # scalars that it locks and leaves as they are
    keep_role_text: bool = True  # `actor[0].tagging.text`
    date_sets_year: bool = True
    rate_bumps_updated_at: bool = False
    edit_bumps_updated_at: bool = True
    several_ids: str = "all"  # who gets an edit of several items; or "first", "refused" (400)
    labels_get_capital: bool = True  # the first letter of a new label

    # Collections
    empty_collections_stay: bool = True  # those whose last member went; else Plex drops them

    # Images
    thumb_bumps_updated_at: bool = True
    identical_upload_bumps_updated_at: bool = False
    upload_locks: bool = False
    refresh_resets_unlocked_images: bool = True
    image_limit: int = 10 * 1024 * 1024
    photo_transcoder: bool = True  # makes small copies of pictures

    # Wire
    url_limit: int | None = 32_768  # bytes of the request target
    url_limit_action: str = "414"  # or "reset"
    json: bool = True
    gzip: bool = False
    keep_alive: float = 20.0  # seconds until an idle connection is closed; 0 = after each answer
    shared_status: int = 403  # what a token that is not the owner's gets on admin calls
    stalling_ids: set[int] = field(default_factory=set)  # a batch holding one of them hangs
    stall_seconds: float = 60.0

    # Scans, in seconds of the server's clock since the scan began
    scan_appear: float = 2.0  # new items are listed
    scan_refreshing: float = 6.0  # `refreshing` falls to 0
    scan_per_item: float = 0.56  # each new item's own metadata pass, after that
