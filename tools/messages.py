"""Collect the texts of the interface into the catalogues of webapp/translations and compile them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = "webapp/translations"
TEMPLATE = "instance/messages.pot"
LANGUAGES = ("ru",)
MAPPING = """\
[python: **.py]
[jinja2: **.html]
[jinja2: **.txt]
"""


def babel(*arguments: str) -> None:
    """Run one babel command."""
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", *arguments], cwd=ROOT, check=True)


def extract() -> None:
    """Collect every marked text of Python and templates."""
    mapping = ROOT / "instance" / "babel.cfg"
    mapping.parent.mkdir(exist_ok=True)
    mapping.write_text(MAPPING)
    # Sentences of the domain are the first argument of its errors; edges translate them.
    errors = ("FieldError", "Conflict", "WrongState", "AlreadyDecided", "NotFound", "Unavailable", "KabinetError")
    names = ("_l", "lazy_gettext", "N_", *errors, "Check:2")
    keywords = [part for name in names for part in ("-k", name)]
    about = ["--project=Kabinet", "--sort-by-file", "--no-location", "--omit-header"]
    babel("extract", "-F", str(mapping), *keywords, *about, "-o", TEMPLATE, "webapp", "templates", "jobs")


def update(language: str) -> None:
    """Bring one catalogue up to date, keeping its translations."""
    common = ["-i", TEMPLATE, "-d", CATALOGUES, "-l", language]
    exists = (ROOT / CATALOGUES / language / "LC_MESSAGES/messages.po").exists()
    babel(*(["update", "--no-fuzzy-matching", "--ignore-obsolete"] if exists else ["init"]), *common)


def main() -> None:
    """Collect, update, compile."""
    extract()
    for language in LANGUAGES:
        update(language)
    babel("compile", "-d", CATALOGUES)


if __name__ == "__main__":
    main()
