"""Checks and tidies the lists of an audience; every refusal says what to write instead."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import idna
from babel import Locale

from webapp.core.errors import FieldError, Invalid, KabinetError
from webapp.domain.ads.types import Browser, Device, SiteMode, System, Targeting

MAX_REGIONS = 200
MAX_SITES = 200
MAX_KEYWORDS = 100
MAX_KEYWORD = 80
MAX_LABELS = 10
MAX_LABEL = 40
MAX_DOMAIN = 253

#: Groupings, private and test codes of CLDR that are no ISO 3166-1 countries.
_NOT_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
_REGION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")


@lru_cache
def country_codes() -> frozenset[str]:
    """Return every ISO 3166-1 code of two letters."""
    names = Locale.parse("en").territories
    return frozenset(code for code in map(str, names) if len(code) == 2 and code.isalpha()) - _NOT_COUNTRIES


@lru_cache
def language_codes() -> frozenset[str]:
    """Return every ISO 639-1 code of two letters."""
    return frozenset(code for code in map(str, Locale.parse("en").languages) if len(code) == 2 and code.isalpha())


def clean_targeting(given: Targeting) -> Targeting:
    """Return the audience without repetitions, every value in its one spelling; raise Invalid by field."""
    errors: dict[str, str | KabinetError] = {}

    def take(field: str, values: Iterable[str], read: Callable[[str], str], limit: int) -> tuple[str, ...]:
        try:
            return _clean_list(values, read, limit)
        except FieldError as error:
            errors[field] = error
            return ()

    sites_wanted = given.site_mode is not SiteMode.ALL
    cleaned = Targeting(
        countries=take("countries", given.countries, _country, len(country_codes())),
        regions=take("regions", given.regions, _region, MAX_REGIONS),
        devices=take("devices", given.devices, lambda text: _known(Device, text), len(Device)),
        systems=take("systems", given.systems, lambda text: _known(System, text), len(System)),
        browsers=take("browsers", given.browsers, lambda text: _known(Browser, text), len(Browser)),
        languages=take("languages", given.languages, _language, len(language_codes())),
        sites=take("sites", given.sites, clean_domain, MAX_SITES) if sites_wanted else (),
        site_mode=given.site_mode,
        keywords=take("keywords", given.keywords, _keyword, MAX_KEYWORDS),
    )
    if sites_wanted and not cleaned.sites and "sites" not in errors:
        errors["sites"] = "Name at least one site, or choose all sites."
    if errors:
        raise Invalid(errors)
    return cleaned


def clean_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Return labels in their first spelling, each once."""
    return _clean_list(labels, _label, MAX_LABELS)


def _clean_list(values: Iterable[str], read: Callable[[str], str], limit: int) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for value in values:
        if value.strip():
            text = read(" ".join(value.split()))
            kept.setdefault(text.casefold(), text)
    if len(kept) > limit:
        raise FieldError("These are %(count)s; the limit is %(limit)s.", count=len(kept), limit=limit)
    return tuple(kept.values())


def _country(text: str) -> str:
    code = text.upper()
    if code not in country_codes():
        raise FieldError("There is no country “%(text)s”. Choose one of the list.", text=text)
    return code


def _region(text: str) -> str:
    code = text.upper()
    found = _REGION.fullmatch(code)
    if found is None or found[1] not in country_codes():
        raise FieldError("“%(text)s” is not a region. Write country and region code, such as LV-RIX.", text=text)
    return code


def _known(kind: type[Device] | type[System] | type[Browser], text: str) -> str:
    try:
        return kind(text.lower()).value
    except ValueError:
        raise FieldError("There is no “%(text)s” here. Choose one of the list.", text=text) from None


def _language(text: str) -> str:
    code = text.lower()
    if code not in language_codes():
        raise FieldError("There is no language “%(text)s”. Write its two letters, such as en or lv.", text=text)
    return code


def _keyword(text: str) -> str:
    if len(text) > MAX_KEYWORD:
        raise FieldError("“%(text)s…” is too long: a keyword has up to %(limit)s characters.",
                         text=text[:20], limit=MAX_KEYWORD)  # fmt: skip
    return text


def _label(text: str) -> str:
    if len(text) > MAX_LABEL:
        raise FieldError("“%(text)s…” is too long: a label has up to %(limit)s characters.",
                         text=text[:20], limit=MAX_LABEL)  # fmt: skip
    return text


def clean_domain(text: str) -> str:
    """Return a site's domain in lower-case ASCII; raise FieldError when it is not one."""
    try:
        domain = ascii_host(text.rstrip("."))
        if "." not in domain or domain[0] == "[":
            raise ValueError(text)
        _refuse_address(domain)
    except ValueError:
        hint = _domain_hint(text)
        if hint:
            raise FieldError("Write only the domain: %(hint)s.", hint=hint) from None
        raise FieldError("“%(text)s” is not a site. Write a domain such as example.com.", text=text) from None
    return domain


def _refuse_address(domain: str) -> None:
    if domain.rsplit(".", 1)[-1].isdigit():
        raise ValueError(domain)


def _domain_hint(text: str) -> str:
    """Find the domain in a pasted address."""
    host = text.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0].split(":", 1)[0].removeprefix("*.")
    if host == text:
        return ""
    try:
        domain = ascii_host(host)
    except ValueError:
        return ""
    return domain if "." in domain else ""


def ascii_host(host: str) -> str:
    """Return a host name or address as DNS knows it; raise ValueError when nothing can have this name."""
    if host.startswith("[") and host.endswith("]"):
        return f"[{ipaddress.IPv6Address(host[1:-1])}]"
    if not host or any(ch.isspace() or ord(ch) < 0x20 or ch in '%/\\@:?#[]<>^|`{}"' for ch in host):
        raise ValueError(host)
    try:
        name = idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
    except idna.IDNAError:
        name = host.lower() if host.isascii() else ""
    labels = name.removesuffix(".").split(".")
    if len(name) > MAX_DOMAIN or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(host)
    _check_punycode(labels)
    if labels[-1].isdigit() or re.fullmatch(r"0x[0-9a-f]*", labels[-1]):
        return str(ipaddress.IPv4Address(name.removesuffix(".")))
    return name


def _check_punycode(labels: list[str]) -> None:
    for label in labels:
        if label.startswith("xn--"):
            try:
                idna.ulabel(label)
            except idna.IDNAError as error:
                raise ValueError(label) from error
