"""Images that wait for their turn: small ones in memory, the others in files without a name."""

import tempfile
from typing import IO

SMALL = 64 << 10  # bytes


class Spooled:
    """Some bytes, to be read again and again. The file goes with the last one who holds this."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._file: IO[bytes] | None = None
        if len(data) > SMALL:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it is open as long as this lives)
            self._file.write(data)
            self._data = b""

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def read(self) -> bytes:
        if self._file is None:
            return self._data
        self._file.seek(0)
        return self._file.read()
