"""Parses all XML of Plex: decodes it, removes illegal characters, and refuses document types.

Parsed XML takes ten times its size in memory.
"""

import re
from xml.etree import ElementTree

# Characters that XML does not allow in any form. Plex passes them on in the names of files.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A page of a listing has 2 MB at most, a batch of full items less. After a larger answer the client asks
# for less at a time.
MAX_BYTES = 6 << 20


class Declared(ValueError):
    """XML with a document type. Its entities may grow without bounds, or name files of this machine."""


def document(xml: bytes) -> "ElementTree.Element | None":
    """Returns the root, None for an empty answer. Raises `Declared` for a document type, and ParseError
    for an answer that is not XML."""
    text = xml.decode("utf-8", "replace")
    try:
        return _parsed(text)
    except ElementTree.ParseError:
        # Without the illegal characters it is another text, which needs the same check.
        return _parsed(_ILLEGAL.sub("", text))


def _parsed(text: str) -> "ElementTree.Element | None":
    # These occur only as a declaration: inside texts `<` is `&lt;`.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Declared("a document type declaration")
    return ElementTree.fromstring(text) if text.strip() else None
