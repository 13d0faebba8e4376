"""The type of the fixture that makes boxes."""

from __future__ import annotations

from collections.abc import Callable

from devserver.box import Box

MakeBox = Callable[..., Box]
