"""Landing URLs: what may be one, their macros, and the five UTM fields composed in and parsed back."""

from __future__ import annotations

import difflib
import ipaddress
import re
from dataclasses import dataclass, fields
from urllib.parse import quote, unquote_plus

from webapp.core.digits import whole_number
from webapp.core.errors import FieldError
from webapp.domain.ads.targeting import ascii_host

MAX_URL = 2048
MAX_PORT = 65535
MAX_PORT_SHOWN = 20
#: What each macro becomes when a person follows the ad.
MACROS = ("campaign_id", "ad_id", "creative_id", "site", "click_id")
_MACRO = re.compile(r"\{([^{}]*)\}")
_SCHEME = re.compile(r"(https?)://", re.IGNORECASE)
_PATH_SAFE = "/?#[]@!$&'()*+,;=:%-._~{}|^`\""


@dataclass(frozen=True, slots=True)
class Utm:
    """The five labels by which web analytics know a visit; empty ones are left out."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""


UTM_KEYS = tuple(f"utm_{item.name}" for item in fields(Utm))


def check_landing(text: str) -> str:
    """Return the address, tidied; raise FieldError with what to change."""
    url = text.strip()
    if not url:
        raise FieldError("Write the address people land on.")
    _check_characters(url)
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise FieldError("Start the address with https:// or http://.")
    _check_macros(url)
    authority, rest = _split(url[scheme.end() :])
    host = _check_authority(authority)
    tidy = f"{scheme[1].lower()}://{host}{rest}"
    if len(ascii_url(tidy)) > MAX_URL:
        raise FieldError("The address is %(length)s characters long; the limit is %(limit)s.",
                         length=len(ascii_url(tidy)), limit=MAX_URL)  # fmt: skip
    return tidy


def _check_characters(url: str) -> None:
    for ch in url:
        if ch.isspace() or not ch.isprintable():
            raise FieldError("An address has no spaces or invisible characters. Write a space as %(code)s.", code="%20")
        if ch in "\\<>":
            raise FieldError("“%(char)s” cannot be part of an address.", char=ch)


def _split(text: str) -> tuple[str, str]:
    """Return the authority and all behind it."""
    end = next((index for index, ch in enumerate(text) if ch in "/?#"), len(text))
    return text[:end], text[end:]


def _check_authority(authority: str) -> str:
    if "@" in authority:
        raise FieldError("Leave out the name and password before “@”.")
    if "{" in authority:
        raise FieldError("A macro cannot stand in the site's name. Put it into the path or the parameters.")
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*))?", authority)
    if found is None:
        raise FieldError("The port behind “:” is not a number.")
    host, port = found[1], found[2]
    number = whole_number(port.lstrip("0")) if port else None
    if port and (number is None or number > MAX_PORT):
        raise FieldError("There is no port %(port)s.", port=port[:MAX_PORT_SHOWN])
    _check_host(host)
    return host.lower() + (f":{number}" if port else "")


def _check_host(host: str) -> None:
    try:
        name = ascii_host(host)
    except ValueError:
        raise FieldError("“%(host)s” is not a site's name.", host=host or "://") from None
    bare = name.strip("[]")
    try:
        open_to_all = ipaddress.ip_address(bare).is_global
    except ValueError:
        open_to_all = "." in bare.rstrip(".")
    if not open_to_all:
        raise FieldError("“%(host)s” cannot be reached from the internet.", host=host)


def _check_macros(url: str) -> None:
    for name in _MACRO.findall(url):
        if name not in MACROS:
            raise _unknown_macro(name)
    if "{" in _MACRO.sub("", url) or "}" in _MACRO.sub("", url):
        raise FieldError("A brace has no pair. Write a plain brace as %(code)s.", code="%7B, %7D")


def _unknown_macro(name: str) -> FieldError:
    near = difflib.get_close_matches(name.lower(), MACROS, n=1, cutoff=0.5)
    if near:
        return FieldError("There is no {%(name)s}. Did you mean {%(near)s}?", name=name, near=near[0])
    known = ", ".join(f"{{{macro}}}" for macro in MACROS)
    return FieldError("There is no {%(name)s}. There are %(known)s.", name=name, known=known)


def ascii_url(url: str) -> str:
    """Return the address as it is sent: a host DNS knows, everything else percent-encoded; macros stay."""
    scheme, _, after = url.partition("://")
    authority, rest = _split(after)
    host, colon, port = authority.rpartition(":") if re.search(r":\d+$", authority) else (authority, "", "")
    try:
        host = ascii_host(host)
    except ValueError:
        host = quote(host)
    return f"{scheme}://{host}{colon}{port}{quote(rest, safe=_PATH_SAFE)}"


def fill_macros(url: str, values: dict[str, str]) -> str:
    """Return the address with each macro replaced by its value, percent-encoded."""
    return _MACRO.sub(lambda found: quote(values.get(found[1], ""), safe=""), url)


def compose(url: str, utm: Utm) -> str:
    """Put the labels into the address; whatever else its query holds stays as it was, in its order."""
    base, query, fragment = _parts(url)
    wanted = {f"utm_{item.name}": getattr(utm, item.name).strip() for item in fields(utm)}
    pieces: list[str] = []
    for piece in query.split("&") if query is not None else []:
        key = _key(piece)
        if key not in UTM_KEYS:
            pieces.append(piece)
        elif wanted.get(key):
            pieces.append(_pair(key, wanted.pop(key)))
    pieces += [_pair(key, value) for key, value in wanted.items() if value]
    joined = "&".join(pieces)
    return base + (f"?{joined}" if pieces else "") + fragment


def take_apart(url: str) -> tuple[str, Utm]:
    """Return the address without the labels, and the labels; the first of several counts."""
    _, query, _ = _parts(url)
    found: dict[str, str] = {}
    for piece in (query or "").split("&"):
        key = _key(piece)
        if key in UTM_KEYS:
            found.setdefault(key.removeprefix("utm_"), unquote_plus(piece.partition("=")[2]))
    return (compose(url, Utm()) if found else url), Utm(**found)


def merged(typed: str, chosen: Utm) -> str:
    """Return the address with the chosen labels; a label left empty keeps what was typed into the address."""
    bare, inside = take_apart(typed.strip())
    both = {item.name: getattr(chosen, item.name).strip() or getattr(inside, item.name) for item in fields(Utm)}
    return compose(bare, Utm(**both))


def _parts(url: str) -> tuple[str, str | None, str]:
    """Return base, query (None without a question mark) and fragment with its #."""
    rest, mark, fragment = url.partition("#")
    base, question, query = rest.partition("?")
    return base, (query if question else None), mark + fragment


def _key(piece: str) -> str:
    return unquote_plus(piece.partition("=")[0])


def _pair(key: str, value: str) -> str:
    encoded = "".join(
        part if _MACRO.fullmatch(part) and part[1:-1] in MACROS else quote(part, safe="")
        for part in re.split(r"(\{[^{}]*\})", value)
    )
    return f"{key}={encoded}"
