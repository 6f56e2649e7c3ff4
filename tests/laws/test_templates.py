"""Laws of the templates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

ROOT = Path(__file__).resolve().parents[2] / "templates"
TEMPLATES = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.html"))
PARTIALS = [path for path in TEMPLATES if path.name.startswith("_") and path.parts[0] in ("cabinet", "admin")]
TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)((?:\"[^\"]*\"|'[^']*'|{{.*?}}|{%.*?%}|[^>\"'])*)>", re.S)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def name_of(path: Path) -> str:
    return str(path)


def environment() -> Environment:
    return Environment(loader=FileSystemLoader(ROOT), extensions=["jinja2.ext.do", "jinja2.ext.i18n"], autoescape=True)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_template_compiles(path: Path) -> None:
    from webapp.web import filters

    names = set(re.findall(r'filters\["(\w+)"\]|template_filter\("(\w+)"\)', Path(filters.__file__).read_text()))
    env = environment()
    env.filters.update({name: str for pair in names for name in pair if name})
    env.parse((ROOT / path).read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_no_style_or_script_is_written_inline(path: Path) -> None:
    text = (ROOT / path).read_text()
    assert not re.search(r"<[a-z][^>{]*\sstyle\s*=", text), f"{path}: the policy forbids style="
    assert not re.search(r"<[a-z][^>{]*\son[a-z]+\s*=", text), f"{path}: the policy forbids handlers in markup"
    assert "hx-on" not in text, f"{path}: hx-on needs eval; use data- attributes and static/src/js"
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or "application/json" in tag, f"{path}: {tag} is an inline script"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_request_of_htmx_has_a_plain_twin(path: Path) -> None:
    text = (ROOT / path).read_text()
    for tag in re.findall(r"<a\b[^>]*\bhx-(?:get|post)[^>]*>", text, re.S):
        assert "href=" in tag, f"{path}: {tag[:80]} needs an href"
    for tag in re.findall(r"<(button|span|div|td|tr)\b([^>]*\bhx-post=[^>]*)>", text, re.S):
        assert "formaction" in tag[1], f"{path}: hx-post on <{tag[0]}>; put it on a form"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_addresses_come_from_the_url_map(path: Path) -> None:
    text = (ROOT / path).read_text()
    fixed = re.findall(r'(?:hx-get|hx-post|action|hx-put|hx-delete)="(/[^"{]*)"', text)
    assert not fixed, f"{path}: write url_for instead of {fixed}"


@pytest.mark.parametrize("path", PARTIALS, ids=name_of)
def test_a_partial_has_one_root(path: Path) -> None:
    text = re.sub(r"{#.*?#}", "", (ROOT / path).read_text(), flags=re.S)
    text = re.sub(r"{%-?\s*macro.*?endmacro\s*-?%}", "", text, flags=re.S)
    roots, depth = 0, 0
    for closing, tag, rest in TAG.findall(text):
        if closing:
            depth -= 1
        else:
            roots += depth == 0
            depth += tag not in VOID and not rest.rstrip().endswith("/")
    assert roots <= 1, f"{path} has {roots} elements at its root; give it one with an id"
