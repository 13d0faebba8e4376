"""Endpoints of posters, backgrounds, logos and square art."""

from __future__ import annotations

import hashlib
import re

from .answering import container
from .collection import Collection
from .images import Shelf, frame, is_private, media_type
from .items import Item
from .kinds import IMAGE_BY_ATTRIBUTE, IMAGES, ImageKind
from .message import Answer, Call, Refusal
from .state import State
from .views import image_elements

BY_PLURAL = {kind.plural: kind for kind in IMAGES}
BY_SELECT = {kind.select: kind for kind in IMAGES}


def _owner(state: State, rk: str) -> Item | Collection:
    return state.library.collections.get(int(rk)) or state.library.item(int(rk))


def offered(state: State, call: Call, rk: str, plural: str) -> Answer:
    return container(state, call, image_elements(_owner(state, rk), BY_PLURAL[plural]))


def upload(state: State, call: Call, rk: str, plural: str) -> Answer:
    """Raw bytes in the body, or `url=`. The upload is stored for ever, and selected."""
    _store(state, call, _owner(state, rk), BY_PLURAL[plural])
    return Answer()


def _store(state: State, call: Call, owner: Item | Collection, kind: ImageKind) -> None:
    data = _fetched(call.get("url")) if call.get("url") else call.body
    if not data:
        raise Refusal(400)
    if len(data) > state.library.options.image_limit:
        raise Refusal(500)
    _show(state, owner, kind, state.library.images.upload(kind, data))


def _fetched(url: str) -> bytes:
    """No network here: a public address stands for an image made of its own name."""
    if is_private(url):
        raise Refusal(406)
    return b"\xff\xd8\xff\xe0" + url.encode()


def _show(state: State, owner: Item | Collection, kind: ImageKind, key: str) -> None:
    options = state.library.options
    shelf: Shelf = owner.shelf(kind)
    same = shelf.selected == key
    shelf.show(key)
    if options.upload_locks:
        owner.locks |= {kind.attribute}
    bump = options.identical_upload_bumps_updated_at if same else options.thumb_bumps_updated_at
    state.library.changed(owner, bump=bump)


def select(state: State, call: Call, rk: str, singular: str) -> Answer:
    """`url=` is one of the offered keys, or an address to fetch; or the body is an image."""
    owner, kind = _owner(state, rk), BY_SELECT[singular]
    key = call.get("url")
    if key in owner.shelf(kind).keys:
        _show(state, owner, kind, key)
    elif key.startswith(("upload://", "media://")):
        raise Refusal(404)
    else:
        _store(state, call, owner, kind)
    return Answer()


def unset(state: State, call: Call, rk: str, attribute: str) -> Answer:
    """Nothing is shown any more, and the field is locked."""
    owner, kind = _owner(state, rk), IMAGE_BY_ATTRIBUTE[attribute]
    owner.shelf(kind).selected = ""
    owner.locks |= {attribute}
    state.library.changed(owner, bump=state.library.options.thumb_bumps_updated_at)
    return Answer()


def no_such(state: State, call: Call, rk: str, *_: str) -> Answer:
    """An upload cannot be deleted."""
    raise Refusal(404)


def shown(state: State, call: Call, rk: str, attribute: str) -> Answer:
    """The bytes shown now, whatever time the URL names."""
    return _picture(state, _owner(state, rk).shows(IMAGE_BY_ATTRIBUTE[attribute]))


SHOWN = re.compile(r"/library/metadata/(\d+)/(thumb|art)(?:/\d+)?")


def transcoded(state: State, call: Call) -> Answer:
    """A small copy of a picture of this server, which `url` names: here a frame of its own for each picture."""
    found = SHOWN.fullmatch(call.get("url"))
    if not state.library.options.photo_transcoder or found is None:
        raise Refusal(404)
    if not (call.number("width", 0) and call.number("height", 0)):
        raise Refusal(400)
    whole = shown(state, call, *found.groups())
    return Answer(200, frame(hashlib.sha1(whole.body).hexdigest()), "image/png")


def composite(state: State, call: Call, rk: str) -> Answer:
    """The picture that Plex makes of a collection's members."""
    return _picture(state, state.library.collection(int(rk)).shows(IMAGE_BY_ATTRIBUTE["thumb"]))


def by_key(state: State, call: Call, rk: str) -> Answer:
    _owner(state, rk)
    return _picture(state, call.get("url"))


def _picture(state: State, key: str) -> Answer:
    data = state.library.images.bytes_of(key)
    if data is None:
        raise Refusal(404)
    return Answer(200, data, media_type(data))
