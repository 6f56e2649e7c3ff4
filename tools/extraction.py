"""Find the texts people read: in templates, in calls of gettext, and in the errors and labels of the domain.

Nothing is listed by hand. A text of Python is collected when it

- is given to gettext, lazy_gettext, ngettext, N_ or their short names,
- is given to an error of the KabinetError family, or is the docstring of one that is raised without a sentence,
- is put where `webapp.core.words.Message` is written: a field of a dataclass, an argument, a constant,
- is shaped like a sentence and stands in the domain, whose errors are translated where they are shown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ("webapp", "jobs")
#: What operators read in a terminal, and what demo advertisers call their things.
NOT_SHOWN = ("webapp/cli/", "webapp/demo/")
TEMPLATES = "templates"
GETTEXT = {"_", "gettext", "_l", "lazy_gettext", "N_"}
NGETTEXT = {"ngettext", "lazy_ngettext"}
PGETTEXT = {"_p", "pgettext", "lazy_pgettext"}
SPOKEN = ("webapp/domain/", "webapp/core/")
SENTENCE = re.compile(r"(?=[^a-z]*[A-Z“])[A-Z“%][^\n]* [^\n]*[.?]|%\(\w+\)s [^\n]* [^\n]*[.?]")
NOT_READ = {"ValueError", "TypeError", "RuntimeError", "AssertionError", "LookupError", "KeyError", "dedent"}

#: A text, or a text and its plural.
Text = str | tuple[str, str]
Said = tuple[Text, str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A text, what tells it from the same words elsewhere, and the file it stands in."""

    text: Text
    context: str | None
    path: str


@dataclass(slots=True)
class House:
    """What has to be known of all files before one can be read."""

    bases: dict[str, set[str]] = field(default_factory=dict)
    #: Callable → positions and names of its arguments that take a Message.
    places: dict[str, set[int | str]] = field(default_factory=dict)
    #: What is raised or made without arguments, and so speaks with its docstring.
    bare: set[str] = field(default_factory=set)

    def learn(self, tree: ast.Module) -> None:
        """Note the classes of a file and where its callables take messages."""
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self.bases.setdefault(node.name, set()).update(_name(base) for base in node.bases)
                self._learn(node.name, _fields(node))
            elif isinstance(node, ast.FunctionDef) and node.name != "__init__":
                self._learn(node.name, [(each.arg, each.annotation) for each in _arguments(node)])
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name | ast.Attribute):
                self.bare.add(_name(node.exc))
            elif isinstance(node, ast.Call) and not node.args and not node.keywords:
                self.bare.add(_name(node.func))

    def _learn(self, name: str, arguments: list[tuple[str, ast.expr | None]]) -> None:
        for position, (argument, annotation) in enumerate(arguments):
            if _is_message(annotation):
                self.places.setdefault(name, set()).update((position, argument))

    def speaks_by_docstring(self, name: str) -> bool:
        """Tell whether a class is an error that is shown with its docstring."""
        return name in self.bare and self.is_error(name)

    def is_error(self, name: str) -> bool:
        """Tell whether a class is of the KabinetError family."""
        return name == "KabinetError" or any(self.is_error(base) for base in self.bases.get(name, ()))


@dataclass(slots=True)
class PythonFile:
    """One file of Python."""

    path: str
    tree: ast.Module
    house: House

    def said(self) -> Iterator[Said]:
        """Yield its texts with their contexts."""
        yield from ((text, None) for text in self.texts() if text)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and _name(node.func) in PGETTEXT and len(node.args) > 1:
                context, text = (next(_strings(argument), "") for argument in node.args[:2])
                if text:
                    yield text, context

    def texts(self) -> Iterator[Text]:
        """Yield its texts that need no context, in the order of the tree."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield from self._of_call(node)
            elif isinstance(node, ast.AnnAssign) and node.value is not None and _mentions_message(node.annotation):
                yield from _strings(node.value)
            elif isinstance(node, ast.ClassDef) and self.house.speaks_by_docstring(node.name):
                yield (ast.get_docstring(node, clean=False) or "").strip()
        if self.path.startswith(SPOKEN):
            yield from _sentences(self.tree)

    def _of_call(self, call: ast.Call) -> Iterator[Text]:
        name = _name(call.func)
        if name in GETTEXT and call.args:
            yield from _strings(call.args[0])
        elif name in NGETTEXT:
            one, many = (next(_strings(argument), "") for argument in call.args[:2])
            yield (one, many) if one else ""
        elif name in self.house.places:
            yield from _given(call, self.house.places[name])
        elif self.house.is_error(name):
            for argument in call.args:
                yield from _strings(argument)


def _given(call: ast.Call, places: set[int | str]) -> Iterator[str]:
    given: list[tuple[int | str | None, ast.expr]] = [*enumerate(call.args)]
    given += [(keyword.arg, keyword.value) for keyword in call.keywords]
    for place, value in given:
        if place in places:
            yield from _strings(value)


def _sentences(tree: ast.AST) -> Iterator[str]:
    """Yield what is shaped like a sentence, but docstrings and what only programmers read."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.JoinedStr) or (isinstance(child, ast.Call) and _is_for_programmers(child)):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and SENTENCE.fullmatch(child.value):
            yield child.value
        yield from _sentences(child)


def _is_for_programmers(call: ast.Call) -> bool:
    owner = _name(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    return _name(call.func) in NOT_READ or owner in {"log", "logger", "logging"}


def _strings(node: ast.expr) -> Iterator[str]:
    """Yield the strings an expression may come to; texts inside calls are collected at those calls."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from (*_strings(body), *_strings(other))
        case ast.Dict(values=elements) | ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from _strings(element)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _strings(value)
        case _:
            return


def _fields(node: ast.ClassDef) -> list[tuple[str, ast.expr | None]]:
    """Return what a class is made from: the arguments of its __init__, else the fields of a dataclass."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return [(each.arg, each.annotation) for each in _arguments(item)]
    return [
        (item.target.id, item.annotation)
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    ]


def _arguments(node: ast.FunctionDef) -> list[ast.arg]:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return every[1:] if every and every[0].arg in {"self", "cls"} else every


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_message(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "Message"


def _mentions_message(annotation: ast.expr) -> bool:
    return any(_is_message(node) for node in ast.walk(annotation) if isinstance(node, ast.expr))


def collect(root: Path = ROOT) -> list[Found]:
    """Return every text of the interface, files in order of their names."""
    return [*_of_python(root), *_of_templates(root)]


def _of_python(root: Path) -> Iterator[Found]:
    files = (file for folder in PYTHON for file in sorted((root / folder).rglob("*.py")))
    trees = {file.relative_to(root).as_posix(): ast.parse(file.read_bytes()) for file in files}
    house = House()
    for tree in trees.values():
        house.learn(tree)
    for path, tree in trees.items():
        if not path.startswith(NOT_SHOWN):
            yield from (Found(text, context, path) for text, context in PythonFile(path, tree, house).said())


def _of_templates(root: Path) -> Iterator[Found]:
    keywords = ["_", "gettext", "ngettext", "pgettext"]
    for file in sorted((root / TEMPLATES).rglob("*.*")):
        with file.open("rb") as opened:
            for _line, function, message, _comments in babel_extract(opened, keywords, [], {"silent": "false"}):
                text, context = _of_template(function, message)
                if text:
                    yield Found(text, context, file.relative_to(root).as_posix())


def _of_template(function: str | None, message: str | tuple[str | None, ...] | None) -> Said:
    parts = [part for part in (message if isinstance(message, tuple) else (message,)) if part]
    if function == "pgettext" and len(parts) > 1:
        return parts[1], parts[0]
    if function == "ngettext" and len(parts) > 1:
        return (parts[0], parts[1]), None
    return "".join(parts[:1]), None
