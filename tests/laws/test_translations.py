"""Every text of the interface is translated, completely and with its values in place."""

from __future__ import annotations

import re
from gettext import GNUTranslations
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo

from tools.messages import LANGUAGES, file_of, messages_of, read, template, untranslated

PLACES = re.compile(r"%(?:\(\w+\))?[sd%]")
KEEPS = re.compile(r"https?://\S+|\{[^}]*\}")
UNWANTED = {
    "!": re.compile(r"!"),
    "“пожалуйста”": re.compile(r"пожалуйста", re.IGNORECASE),
    "“успешно”": re.compile(r"успешно", re.IGNORECASE),
    "“вы” with a capital letter inside a sentence": re.compile(r"[а-яё,] (Вы|Вас|Вам|Ваш\w*)\b"),
    "straight quotes": re.compile(r'"'),
}


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return template()


@pytest.fixture(scope="module", params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read(request.param)


Key = tuple[str | None, tuple[str, ...]]


def key(message: Message) -> Key:
    return message.context, tuple(originals(message))


def keys(catalogue: Catalog) -> dict[Key, str]:
    """Return context and text of every message with the file it stands in."""
    return {key(message): message.locations[0][0] if message.locations else "" for message in messages_of(catalogue)}


def told(message: Message) -> str:
    return f"{message.locations[0][0] if message.locations else '?'}: {message.id!r}"


def translated(catalogue: Catalog) -> list[Message]:
    """Return what can be judged; another law names what has no translation."""
    left = {key(message) for message in untranslated(catalogue)}
    return [message for message in messages_of(catalogue) if key(message) not in left]


def forms(message: Message) -> list[str]:
    given = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [form or "" for form in given]


def originals(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def test_catalogues_hold_what_the_code_says(texts: Catalog, catalogue: Catalog) -> None:
    wanted, kept = keys(texts), keys(catalogue)
    missing = [f"{wanted[text]}: {text[1]!r}" for text in wanted if text not in kept]
    gone = [f"{kept[text]}: {text[1]!r}" for text in kept if text not in wanted]
    assert not missing + gone, (
        f"Run `make messages` and translate what is new in {file_of(str(catalogue.locale))}.\n"
        + "\n".join([*(f"  new   {line}" for line in missing), *(f"  gone  {line}" for line in gone)])
    )


def test_every_text_is_translated(catalogue: Catalog) -> None:
    left = [told(message) for message in untranslated(catalogue)]
    assert not left, f"Translate these in {file_of(str(catalogue.locale))}:\n  " + "\n  ".join(left)


def test_translations_fill_in_the_same_values(catalogue: Catalog) -> None:
    wrong = []
    for message in translated(catalogue):
        wanted = {place for text in originals(message) for place in PLACES.findall(text)}
        for form in forms(message):
            given = set(PLACES.findall(form))
            if given != wanted:
                wrong.append(f"{told(message)}: {sorted(wanted)} became {sorted(given)}")
    assert not wrong, "A translation has other places for values than the text:\n  " + "\n  ".join(wrong)


def test_addresses_and_macros_are_not_translated(catalogue: Catalog) -> None:
    wrong = [
        told(message)
        for message in translated(catalogue)
        if sorted(KEEPS.findall(originals(message)[0])) != sorted(KEEPS.findall(forms(message)[0]))
    ]
    assert not wrong, "An address or a macro differs from the text's:\n  " + "\n  ".join(wrong)


def test_translations_keep_the_tone(catalogue: Catalog) -> None:
    wrong = [
        f"{told(message)}: no {what} ({form})"
        for message in translated(catalogue)
        for form in forms(message)
        for what, unwanted in UNWANTED.items()
        if unwanted.search(form)
    ]
    assert not wrong, "Plain words, as look.md asks:\n  " + "\n  ".join(wrong)


def test_compiled_catalogues_answer(catalogue: Catalog) -> None:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    spoken = GNUTranslations(compiled)
    lost = []
    for message in translated(catalogue):
        text = originals(message)[0]
        answer = spoken.pgettext(message.context, text) if message.context else spoken.gettext(text)
        if not message.pluralizable and answer != forms(message)[0]:
            lost.append(told(message))
    assert not lost, "These do not survive compiling:\n  " + "\n  ".join(lost)
