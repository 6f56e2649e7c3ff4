"""Small drawings made on the server: icons of the sprite, status glyphs, sparklines, changes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from functools import lru_cache

from markupsafe import Markup, escape

from webapp.web.assets import asset
from webapp.web.numerals import Number, Style, change_of, change_text
from webapp.web.status import status_look

_RING = '<circle cx="7" cy="7" r="4.75" fill="none" stroke="currentColor" stroke-width="1.5"'
_HAND = 'fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round"/>'

#: 14 px shapes: the shape says the status without its colour.
GLYPHS: dict[str, str] = {
    "serving": '<circle cx="7" cy="7" r="5" fill="currentColor"/>',
    "waiting": f'{_RING}/><path d="M7 3.6a3.4 3.4 0 0 1 0 6.8z" fill="currentColor"/>',
    "review": f'{_RING} stroke-dasharray="2.2 1.53"/>',
    "scheduled": f'{_RING}/><path d="M7 4.4V7l1.7 1.2" {_HAND}',
    "paused": '<rect x="3.2" y="2.8" width="2.6" height="8.4" rx=".8" fill="currentColor"/>'
    '<rect x="8.2" y="2.8" width="2.6" height="8.4" rx=".8" fill="currentColor"/>',
    "ended": f'{_RING}/><path d="m4.9 7.1 1.5 1.5 2.8-3" {_HAND}',
    "problem": '<path d="M7 1.6a1 1 0 0 1 .87.5l5 8.7a1 1 0 0 1-.87 1.5H2a1 1 0 0 1-.87-1.5l5-8.7A1 1 0 0 1 7 1.6z" '
    'fill="currentColor"/><path d="M7 5v3M7 9.9v.1" stroke="var(--color-base-100)" stroke-width="1.4" '
    'stroke-linecap="round"/>',
    "draft": f'{_RING} opacity=".7"/>',
}

#: Changes smaller than what is shown are neither good nor bad.
_STILL = {True: Decimal("0.005"), False: Decimal("0.05")}


def icon(name: str, cls: str = "", label: str = "") -> Markup:
    """Draw an icon of the sprite; with a label it speaks, without it is decoration."""
    return _icon(asset("icons.svg"), name, cls, label)


@lru_cache(maxsize=1024)
def _icon(sprite: str, name: str, cls: str, label: str) -> Markup:
    spoken = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(  # noqa: S704  # every part is ours or escaped
        f'<svg class="i {escape(cls)}" fill="none" stroke="currentColor" stroke-linecap="round" '
        f'stroke-linejoin="round" {spoken}><use href="{escape(sprite)}#{escape(name)}"/></svg>'
    )


def glyph(name: str, cls: str = "") -> Markup:
    """Draw a status shape."""
    return Markup(  # noqa: S704
        f'<svg class="size-3.5 flex-none {escape(cls)}" viewBox="0 0 14 14" aria-hidden="true">{GLYPHS[name]}</svg>'
    )


def status(code: str | Enum, reason: object = "", cls: str = "") -> Markup:
    """Show a status: shape, word, then the reason; one line, in which a reason without room for it is left out."""
    look = status_look(code)
    why = Markup('<span class="text-muted truncate flex-1 basis-0 min-w-10">{}</span>').format(reason) if reason else ""
    return Markup(
        '<span class="flex flex-wrap items-center gap-x-1.5 max-h-[1lh] overflow-hidden min-w-0 {}">{}'
        '<span class="font-medium whitespace-nowrap">{}</span>{}</span>'
    ).format(cls, glyph(look.glyph, look.tone), look.label, why)


def status_glyph(code: str | Enum) -> Markup:
    """Show only the shape of a status; its word is kept for those who cannot see it."""
    look = status_look(code)
    return Markup('<span class="inline-flex {}" title="{}">{}<span class="sr-only">{}</span></span>').format(
        look.tone, look.label, glyph(look.glyph), look.label
    )


def delta(change: Decimal | None, style: Style, good: str = "up", *, pp: bool = False) -> Markup:
    """Show a change with an arrow; `good` says which way is good news: up, down or none."""
    if change is None:
        return Markup('<span class="text-muted">—</span>')
    rises = change >= 0
    still = good == "none" or abs(change) < _STILL[pp]
    tone = "text-muted" if still else "text-success" if rises is (good == "up") else "text-error"
    return Markup(
        '<span class="inline-flex items-center gap-0.5 whitespace-nowrap num align-middle {}">{}{}</span>'
    ).format(tone, icon("arrow-up" if rises else "arrow-down", "!size-3"), change_text(change, style, pp=pp))


def delta_of(
    current: Number | None, previous: Number | None, style: Style, good: str = "up", *, pp: bool = False
) -> Markup:
    """Show the change from the previous figure to the current one."""
    return delta(change_of(current, previous, pp=pp), style, good, pp=pp)


def spark(
    values: Sequence[Number | None],
    width: int = 64,
    height: int = 20,
    cls: str = "text-c1",
    *,
    area: bool = True,
    zero: bool = True,
) -> Markup:
    """Draw a sparkline; a dotted line when there is nothing to show."""
    figures = [float(value or 0) for value in values]
    top = max(figures, default=0.0)
    box = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg class="{escape(cls)}" {box} aria-hidden="true">'
    if top <= 0:
        line = f'<path d="M2 {height - 3}H{width - 2}" stroke="var(--k-line-strong)" stroke-width="1.25"'
        return Markup(f'{head}{line} stroke-dasharray="2 3" fill="none"/></svg>')  # noqa: S704
    points = line_points(figures, width, height, zero=zero)
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    (first_x, _), (last_x, last_y) = points[0], points[-1]
    under = f"{path}L{last_x} {height}L{first_x} {height}z"
    shade = f'<path d="{under}" fill="currentColor" opacity=".09"/>' if area else ""
    return Markup(  # noqa: S704
        f'{head}{shade}<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" '
        f'stroke-linecap="round"/><circle cx="{last_x}" cy="{last_y}" r="2" fill="currentColor"/></svg>'
    )


def line_points(
    figures: Sequence[float], width: int, height: int, *, inset: int = 3, zero: bool = True
) -> list[tuple[str, str]]:
    """Place figures in a box; a single figure sits at its right edge."""
    top, bottom = max(figures), 0.0 if zero else min(figures)
    step = (width - 2 * inset) / max(1, len(figures) - 1)
    start = inset if len(figures) > 1 else width - inset
    span = (top - bottom) or 1.0
    scale = 0.0 if top == bottom else (height - 2 * inset) / span
    return [
        (f"{start + index * step:.1f}", f"{height - inset - (value - bottom) * scale:.1f}")
        for index, value in enumerate(figures)
    ]
