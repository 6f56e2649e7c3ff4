"""Guessing how a file is to be read, from the file itself."""

from __future__ import annotations

from typing import BinaryIO

from webapp.domain.analytics.imports.guessing import guess_columns
from webapp.domain.analytics.imports.ports import Workbooks
from webapp.domain.analytics.imports.sniffing import headings, layout, sniff
from webapp.domain.analytics.imports.types import MONEY, ImportOptions, Target


def guess_options(file: BinaryIO, stem: str, workbooks: Workbooks) -> ImportOptions:
    """Return how a new file is best read; `stem` names the campaign of files that name none."""
    return guess_columns_again(file, sniff(file, workbooks), stem, workbooks)


def guess_columns_again(
    file: BinaryIO, options: ImportOptions, stem: str, workbooks: Workbooks, *, keep_header: bool = False
) -> ImportOptions:
    """Return the options with the columns guessed under their encoding, delimiter, sheet and line of headings."""
    found = layout(file, options, workbooks)
    line = options.header_line if keep_header else found.options.header_line
    texts = headings(found, line)
    rows = [row for row, at in zip(found.sample.rows, found.sample.lines, strict=True) if at > line]
    guessed = found.options.with_changes(header_line=line, columns=guess_columns(texts, rows))
    named = guessed.has(Target.CAMPAIGN) or guessed.has(Target.CAMPAIGN_ID)
    return guessed.with_changes(
        campaign_name="" if named else options.campaign_name or stem[:120], money_in_micros=_in_micros(guessed)
    )


def _in_micros(options: ImportOptions) -> bool:
    """Tell whether a heading such as cost_micros says that money is in millionths."""
    return any(column.target in MONEY and "micros" in column.header.casefold() for column in options.columns)
