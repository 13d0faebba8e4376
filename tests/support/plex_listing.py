"""A Plex of dictionaries that answers what the index asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from plex.client.listing import Page
from plex.client.section import Section


class Server:
    """What the index asks of Plex, from a dict of section -> files by rating key."""

    also = ""  # what a row says besides

    def __init__(self, **sections: dict[int, str]) -> None:
        self.found = {int(name[1:]): files for name, files in sections.items()}
        self.stamp = "1"
        self.asked: list[str] = []

    def sections(self) -> list[Section]:
        self.asked.append("sections")
        return [Section(n, f"L{n}", "", self.stamp, ()) for n in self.found]

    def listing(self, section: int) -> Iterator[Page]:
        self.asked.append(f"list {section}")
        yield self._page(section, self.found[section])

    def newest(self, section: int) -> Page:
        self.asked.append(f"newest {section}")
        return self._page(section, dict(list(self.found[section].items())[-2:]))

    def _page(self, section: int, files: dict[int, str]) -> Page:
        rows = "".join(
            f'<Video ratingKey="{key}"{self.also}><Media><Part file="{file}" size="1"/></Media></Video>'
            for key, file in files.items()
        )
        head = f'<MediaContainer size="{len(files)}" librarySectionID="{section}">'
        return Page(f"{head}{rows}</MediaContainer>".encode(), self._parse)

    def _parse(self, xml: bytes) -> Any:
        return ElementTree.fromstring(xml)
