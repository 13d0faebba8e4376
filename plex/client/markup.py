"""The one door for all XML that Plex sends: decoded, cleaned, guarded, and of a size that it may have.

Parsed, XML takes ten times its size in memory.
"""

import re
from xml.etree import ElementTree

# What XML does not allow, however it is written. Plex passes it on in the names of files.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A page of a listing comes to 2 MB at most, a batch of full items to less. Whoever meets more asks
# for less at a time.
MAX_BYTES = 6 << 20


class Declared(ValueError):
    """XML with a document type: entities may grow without bounds, or name files of this machine."""


def document(xml: bytes) -> "ElementTree.Element | None":
    """The root; None of an answer without any text. `Declared` for XML that must not be parsed,
    ParseError for what is none."""
    text = xml.decode("utf-8", "replace")
    try:
        return _parsed(text)
    except ElementTree.ParseError:
        # Without these it is another text, which is looked at anew.
        return _parsed(_ILLEGAL.sub("", text))


def _parsed(text: str) -> "ElementTree.Element | None":
    # In XML proper these never occur but as a declaration: inside texts `<` is written `&lt;`.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Declared("a document type declaration")
    return ElementTree.fromstring(text) if text.strip() else None
