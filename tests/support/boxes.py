"""The types of the fixtures that make boxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devserver.box import Box

MakeBox = Callable[..., Box]
NewBox = Callable[[Path], Box]
