"""JSON for the hook lane: the C core of the module json, without the module.

Importing json costs a hook as much as the bare interpreter, since json imports re and enum. In an
interpreter with another core, json does the work.
"""


class _Rules:
    """The attributes that the core reads, with the values of json.JSONDecoder."""

    strict = True
    memo: "dict[str, str]" = {}
    object_hook = object_pairs_hook = array_hook = None
    parse_float, parse_int, parse_constant = float, int, float


def _core():
    """(scanner, quoter), or (None, None)."""
    try:
        import _json

        scan = _json.make_scanner(_Rules)  # type: ignore[arg-type]
        return scan, _json.encode_basestring_ascii
    except (ImportError, AttributeError, TypeError):  # pragma: no cover - not with today's CPython
        return None, None


_scan, _quoted = _core()
_BLANK = " \t\n\r"
_MARK = "\ufeff"  # some editors begin files with it


def loads(data: "bytes | str") -> object:
    """The one document in `data`. Raises ValueError if it is not one, or is nested too deep."""
    text = data if isinstance(data, str) else data.decode("utf-8", "surrogatepass")
    text = text.removeprefix(_MARK)
    try:
        found, end = _scan(text, len(text) - len(text.lstrip(_BLANK)))
    except RecursionError:
        raise ValueError("JSON that is nested too deep") from None
    except (StopIteration, TypeError, SystemError):  # without json the core cannot raise its errors
        import json

        return json.loads(text)
    if text[end:].strip(_BLANK):
        raise ValueError("more than one JSON document")
    return found


def dumps(value: object) -> str:
    """`value` as JSON, in ASCII. Plain data needs no json."""
    if _quoted is not None:
        if isinstance(value, str):
            return _quoted(value)
        if isinstance(value, dict):
            pairs = [f"{dumps(str(name))}: {dumps(part)}" for name, part in value.items()]
            return "{" + ", ".join(pairs) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join([dumps(part) for part in value]) + "]"
        if value is None or type(value) is bool:
            return {None: "null", True: "true", False: "false"}[value]
        if type(value) is int or (type(value) is float and value - value == 0):
            return repr(value)
    return _whole(value)


def _whole(value: object) -> str:
    import json

    try:
        return json.dumps(value, default=str, allow_nan=False)
    except ValueError:  # NaN or infinite, which JSON does not have
        return json.dumps(json.loads(json.dumps(value, default=str), parse_constant=lambda _: None))
