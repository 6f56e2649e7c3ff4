"""Bring the catalogues of webapp/translations up to date with the texts of the interface, and compile them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tools.extraction import ROOT, collect

CATALOGUES = ROOT / "webapp/translations"
LANGUAGES = ("ru",)
WIDTH = 110
#: Who and when: the history of the file tells it better, and would be another on each run.
NOT_KEPT = tuple(
    f'"{name}'.encode()
    for name in ("POT-Creation", "PO-Revision", "Report-Msgid", "Last-Trans", "Language-Team", "Generated-By")
)


def template(root: Path = ROOT) -> Catalog:
    """Return every text of the interface with the files it stands in."""
    catalogue = Catalog(project="Kabinet", charset="utf-8")
    for found in collect(root):
        catalogue.add(found.text, locations=[(found.path, 0)], context=found.context)
    return catalogue


def file_of(language: str) -> Path:
    """Return where a language's translations are kept."""
    return CATALOGUES / language / "LC_MESSAGES/messages.po"


def read(language: str) -> Catalog:
    """Return a language's translations, none yet for a new language."""
    file = file_of(language)
    if not file.exists():
        return Catalog(locale=language, project="Kabinet", charset="utf-8", fuzzy=False)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def write(language: str, catalogue: Catalog) -> None:
    """Keep a catalogue, in the order of the files, and compile it."""
    file = file_of(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    catalogue.header_comment = f"# Kabinet in {catalogue.locale.english_name}." if catalogue.locale else "# Kabinet."
    catalogue.version = ""
    written = BytesIO()
    write_po(written, catalogue, width=WIDTH, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    lines = written.getvalue().splitlines(keepends=True)
    file.write_bytes(b"".join(line for line in lines if not line.startswith(NOT_KEPT)))
    compile_one(language, catalogue)


def compile_one(language: str, catalogue: Catalog) -> None:
    """Write the .mo file that gettext reads."""
    with file_of(language).with_suffix(".mo").open("wb") as opened:
        write_mo(opened, catalogue)


def messages_of(catalogue: Catalog) -> Iterator[Message]:
    """Yield the messages of a catalogue, without its header."""
    return (message for message in catalogue if message.id)


def untranslated(catalogue: Catalog) -> list[Message]:
    """Return the messages without a complete translation."""
    return [message for message in messages_of(catalogue) if message.fuzzy or not all(_forms(message, catalogue))]


def _forms(message: Message, catalogue: Catalog) -> tuple[str, ...]:
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    missing = (catalogue.num_plurals if message.pluralizable else 1) - len(forms)
    return (*forms, *[""] * missing)


def main() -> None:
    """Collect, bring up to date, compile; say what is left to translate. With `--compile`, compile only."""
    if "--compile" in sys.argv[1:]:
        for language in LANGUAGES:
            compile_one(language, read(language))
        return
    texts = template()
    for language in LANGUAGES:
        catalogue = read(language)
        catalogue.update(texts, no_fuzzy_matching=True)
        write(language, catalogue)
        left = untranslated(catalogue)
        print(f"{file_of(language).relative_to(ROOT)}: {len(catalogue)} texts, {len(left)} to translate")
        for message in left:
            print(f"  {message.locations[0][0]}: {message.context or ''} {message.id!r}", file=sys.stderr)


if __name__ == "__main__":
    main()
