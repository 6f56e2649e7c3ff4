"""Every sentence an import can say, by its code; English is the gettext key."""

from __future__ import annotations

from typing import Any

from webapp.core.errors import FieldError, Invalid


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation where it is written; it is translated where it is shown."""
    return text


#: Why a row is refused.
PROBLEMS = {
    "bad_date": N_("“%(value)s” is not a date."),
    "no_date": N_("There is no date."),
    "future_date": N_("The date %(value)s is in the future."),
    "too_early": N_("The date %(value)s is before anybody sold ads on line."),
    "negative": N_("“%(value)s” is negative."),
    "not_a_number": N_("“%(value)s” is not a number."),
    "a_rate": N_("“%(value)s” is a rate, not a figure."),
    "a_fraction": N_("“%(value)s” is a fraction; only whole ones are counted."),
    "too_large": N_("“%(value)s” is too large to be true."),
    "no_campaign": N_("There is no campaign."),
    "other_currency": N_("“%(value)s” is another currency than the account's."),
    "more_cells": N_("There are more cells than headings. A delimiter inside a text needs quotes around the text."),
    "clicks_over_impressions": N_("There are more clicks than impressions."),
}

#: What is odd and may be so.
WARNINGS = {
    "clicks_over_impressions": N_("In %(count)s rows there are more clicks than impressions."),
    "totals_left_out": N_("%(count)s lines hold totals and are left out: %(lines)s."),
    "preamble_left_out": N_("The %(count)s lines above the headings are left out."),
    "fractions_rounded": N_("%(header)s has fractions. They are rounded so that the sum stays right."),
    "several_days": N_("Rows cover several days each. Their figures are put on the first day."),
    "same_file": N_(
        "The same file was imported on %(day)s by %(name)s, read in another way. Its figures would count twice."
    ),
    "same_days": N_(
        "“%(file)s” already covers %(first)s – %(last)s. If it holds the same figures, they would count twice."
    ),
    "long_values": N_("%(count)s values of dimensions are longer than 255 characters and are cut."),
}

#: What stands in the way of the whole file.
OBSTACLES = {
    "empty": N_("There are no rows in this file."),
    "no_metrics": N_("Choose the column of impressions, clicks, spend, conversions or sales."),
    "no_campaign_column": N_("Choose the column of the campaign, or name one campaign for all rows."),
    "ambiguous_dates": N_(
        "Dates such as “%(value)s” can be read in two ways. Choose which comes first, the day or the month."
    ),
    "other_currency": N_(
        "This file is in %(file)s, the account is kept in %(account)s. Convert the amounts to %(account)s first, "
        "or import the file into an account kept in %(file)s."
    ),
    "twice": N_("“%(target)s” is chosen for two columns: “%(one)s” and “%(two)s”. Keep one of them."),
    "same_dimension": N_("Two dimensions are called “%(name)s”. Give one of them another name."),
    "too_many_dimensions": N_("%(count)s columns are kept as dimensions; up to %(limit)s are possible. Ignore some."),
    "too_many_campaigns": N_("There are more than %(limit)s campaigns. Choose another column for the campaign."),
    "too_many_ads": N_("There are more than %(limit)s ads. Keep that column as a dimension or ignore it."),
    "already_imported": N_(
        "These rows were already imported on %(day)s by %(name)s. Importing them again changes nothing."
    ),
    "totals_too_large": N_(
        "The figures of this file add up to more than Kabinet can hold. Check that the columns are chosen rightly."
    ),
    "bad_day": N_("Choose a day that is not in the future."),
    "all_bad": N_("No row can be imported as it is."),
}

#: What is wrong with a file as such.
FILE_PROBLEMS = {
    "bad_quotes": N_(
        "Near line %(line)s a cell is longer than 64 KB. A quotation mark is probably opened there and never closed."
    ),
    "too_large_file": N_("The file is %(size)s MB. The limit is 200 MB. Split it by month and import the parts."),
    "too_many_columns": N_("The file has %(count)s columns. The limit is 500."),
    "empty_file": N_("The file is empty."),
    "not_a_table": N_("This is not a table. Save it as CSV, TSV or XLSX."),
    "old_excel": N_("This is an old Excel file. Save it as XLSX or CSV."),
    "archive": N_("This is an archive. Unpack it and choose the table inside."),
    "broken_workbook": N_("The workbook cannot be opened. Save it again as XLSX, or as CSV."),
    "locked_workbook": N_("The workbook is locked with a password. Save it without one."),
    "huge_workbook": N_("The workbook unpacks to more than 512 MB. Save the sheet as CSV."),
    "scattered_workbook": N_("The cells of a sheet are too far apart or too many. Save the sheet as CSV."),
    "no_sheet": N_("There is no sheet “%(sheet)s” with cells in this workbook."),
}

#: Why a column is taken for what it is.
REASONS = {
    "by_name": N_("Its heading says so."),
    "by_values": N_("Its values are dates."),
    "fewest": N_("It has the fewest different values of the campaign columns."),
    "only_id": N_("There is no column with names, so the ids serve as names."),
    "computed": N_("Kabinet works it out: %(how)s."),
    "other_chosen": N_("“%(header)s” is used."),
    "measure": N_("A figure Kabinet does not keep."),
    "empty_column": N_("It has no values."),
    "long_text": N_("Its texts are too long for a dimension."),
    "too_many_values": N_("Nearly every row has another value."),
    "service": N_("A setting, not a figure."),
    "extra": N_("Kept under its own name."),
    "no_room": N_("There is no room for more dimensions."),
    "chosen": N_("Chosen by you."),
}

#: How the rates of a file are worked out from its figures.
FORMULAS = {
    "ctr": N_("clicks ÷ impressions"),
    "cpc": N_("spend ÷ clicks"),
    "cpm": N_("spend ÷ impressions × 1,000"),
    "cpa": N_("spend ÷ conversions"),
    "cvr": N_("conversions ÷ clicks"),
    "roas": N_("revenue ÷ spend"),
}


def problem(code: str, **values: Any) -> Invalid:
    """Return an error about the file, with its values."""
    return Invalid({"file": FieldError(FILE_PROBLEMS[code], **values)})
