"""The advertiser's main job in a real browser, from opening an account to a file that matches the screen."""

from __future__ import annotations

import csv
import re
import secrets
from io import BytesIO, StringIO
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from tests.e2e.live import Live

PASSWORD = "a few words together"
REFUSAL = "“The warmest” needs proof on the landing page. Say it without “warmest”."


def open_account(tab: Page, site: Live, name: str = "Tallbrook Outdoor") -> str:
    """Register, open the link of the letter and enter."""
    email = f"mara-{secrets.token_hex(5)}@tallbrook.example"
    tab.goto("/register")
    tab.get_by_label("E-mail").fill(email)
    tab.locator("#password").fill(PASSWORD)
    tab.get_by_label("Your name").fill("Mara Lindholm")
    tab.get_by_label("Advertiser name").fill(name)
    tab.get_by_label("Time zone").select_option("Europe/Riga")
    tab.get_by_role("button", name="Open an account").click()
    expect(tab.get_by_role("heading", name="Look into your mail")).to_be_visible()
    tab.goto(site.link_for(email, "confirm"))
    tab.get_by_role("button", name="Confirm and enter").click()
    expect(tab.get_by_role("heading", name=re.compile("Welcome, Mara"))).to_be_visible()
    return email


def top_up(tab: Page, amount: str) -> None:
    """Put money on the balance with a card of the sandbox."""
    tab.goto("/balance")
    tab.locator("#amount").fill(amount)
    tab.locator("#amount").blur()
    expect(tab.get_by_role("button", name=re.compile("^Top up"))).to_contain_text(amount)
    tab.get_by_label("Card number").fill("4242 4242 4242 4242")
    tab.get_by_label("Expiry").fill("12/30")
    tab.get_by_label("Security code").fill("123")
    tab.get_by_role("button", name=re.compile("^Top up")).click()
    expect(tab.locator("#toasts")).to_contain_text("200.00")


def create_campaign(tab: Page, name: str) -> str:
    """Build and launch a campaign in its steps; return its address."""
    tab.goto("/campaigns/new")
    tab.locator("[name=name]").fill(name)
    tab.locator("[name=bid]").fill("3.20")
    tab.locator("[name=daily_budget]").fill("0")
    tab.get_by_role("button", name="Continue to audience").click()
    expect(tab.locator(".field-error").first).to_be_visible()
    tab.locator("[name=daily_budget]").fill("120")
    tab.get_by_role("button", name="Continue to audience").click()
    tab.get_by_role("button", name="Continue to ads").click()
    tab.get_by_role("link", name="Continue to review").click()
    tab.get_by_role("button", name="Launch").click()
    expect(tab.get_by_role("heading", name=name).first).to_be_visible()
    return tab.url


def create_creative(tab: Page, picture: Path, title: str) -> None:
    """Upload a picture and compose a native creative."""
    tab.goto("/creatives/new")
    tab.get_by_label("Native").check(force=True)
    tab.locator("input[type=file]").set_input_files(picture)
    expect(tab.locator("main")).to_contain_text(picture.name)
    tab.get_by_label("Title").fill(title)
    tab.get_by_label("Text", exact=True).fill("Three layers, taped seams, tested on the coast in November.")
    tab.get_by_role("button", name="Save draft").click()
    expect(tab.get_by_role("heading", name=title).first).to_be_visible()


def staff_tab(chromium: Browser, site: Live) -> Page:
    """Sign a moderator in."""
    email = f"staff-{secrets.token_hex(5)}@kabinet.example"
    site.kabinet("create-staff", email, "--role", "admin", "--name", "Oskar Tamm", "--password", PASSWORD)
    page = chromium.new_context(base_url=site.url, viewport={"width": 1440, "height": 1000}).new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Moderation").first).to_be_visible()
    return page


def open_in_queue(staff: Page, title: str) -> None:
    """Find a creative in the moderators' queue."""
    staff.goto("/admin/moderation")
    staff.get_by_role("link", name=re.compile(re.escape(title))).first.click()
    expect(staff.locator("#verdict")).to_be_visible()


def status_of(tab: Page, url: str) -> str:
    """Return what a campaign's page says of it."""
    tab.goto(url)
    return tab.locator("#campaign-head, main").first.inner_text()


def test_from_registration_to_a_file_that_matches_the_screen(
    tab: Page, site: Live, chromium: Browser, photograph: Path
) -> None:
    open_account(tab, site)
    top_up(tab, "200.00")
    campaign = create_campaign(tab, "Autumn jackets, prospecting")
    expect(tab.locator("main")).to_contain_text("No approved ads")

    create_creative(tab, photograph, "The warmest jacket")
    creative = tab.url
    tab.goto(f"{campaign}/ads/new")
    tab.locator("[name=creative]").first.check(force=True)
    tab.locator("[name=landing_url]").fill("https://tallbrook.example/jackets?colour=orange")
    tab.get_by_role("button", name="Add ad").click()
    tab.goto(creative)
    tab.get_by_role("button", name="Send for review").click()
    expect(tab.locator("main")).to_contain_text("In review")
    assert "In review" in status_of(tab, campaign)

    staff = staff_tab(chromium, site)
    open_in_queue(staff, "The warmest jacket")
    staff.locator("input[name=code][value='claim.superlative']").check(force=True)
    staff.get_by_label("What the advertiser reads").fill(REFUSAL)
    staff.get_by_role("button", name=re.compile("Reject and open")).click()
    staff.wait_for_load_state()

    assert "Rejected" in status_of(tab, campaign)
    tab.goto(creative)
    expect(tab.locator("main")).to_contain_text(REFUSAL)
    expect(tab.locator("main")).to_contain_text("claim.superlative")
    tab.get_by_label("Title").fill("A warm jacket")
    tab.get_by_role("button", name="Send for review").click()
    expect(tab.locator("main")).to_contain_text("In review")
    open_in_queue(staff, "A warm jacket")
    staff.get_by_role("button", name=re.compile("^Approve")).click()
    staff.wait_for_load_state()
    staff.context.close()
    assert "Serving" in status_of(tab, campaign)

    switch_off_and_edit(tab)
    export_matches(tab)


def switch_off_and_edit(tab: Page) -> None:
    """Switch a campaign off in the list, and change its daily budget in place."""
    tab.goto("/campaigns")
    row = tab.locator("[id^=campaign-c_]").first
    row.get_by_role("switch").first.click()
    expect(row).to_contain_text("Paused")
    row.locator("a[href*='inline/daily_budget']").first.click()
    field = tab.locator("#inline-value")
    field.fill("75")
    field.press("Enter")
    expect(tab.locator("[id^=campaign-c_]").first).to_contain_text("75")


def export_matches(tab: Page) -> None:
    """Export the list as CSV and XLSX, watching the progress, and find the screen's figures in the files."""
    tab.goto("/campaigns")
    for kind in ("CSV", "XLSX"):
        tab.locator("summary", has_text="Export").first.click()
        tab.get_by_role("button", name=re.compile(kind)).first.click()
        with tab.expect_download(timeout=30_000) as download:
            tab.get_by_role("link", name=re.compile("Download")).first.click(timeout=30_000)
        content = Path(download.value.path()).read_bytes()
        text = content.decode("utf-8-sig") if kind == "CSV" else sheet_text(content)
        assert "Autumn jackets, prospecting" in text
        assert "75" in text
        tab.goto("/campaigns")


def sheet_text(content: bytes) -> str:
    """Return the cells of a workbook as CSV."""
    sheet = load_workbook(BytesIO(content), read_only=True).worksheets[0]
    out = StringIO()
    csv.writer(out).writerows(sheet.iter_rows(values_only=True))
    return out.getvalue()
