"""Which pictures are taken of which pages: each type of page, empty and full, with faults, by who may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page

from tests.browser.test_every_page import KEY

COUNTRY, SCHOOL, UNKIND = "/registers/country", "/registers/school", "/registers/unkind"
CSV = b"country,name,citizen-names\nIQ,Irak,Iraqi\nFR,France,French;Citizen of France\n"


class Shot(NamedTuple):
    """A picture: its name, the page, who looks at it, and what is done there before it is taken."""

    name: str
    path: str
    who: str = ""
    act: Callable[[Page], None] = lambda page: None


def press(button: str) -> Callable[[Page], None]:
    """Press a button of the page, such as one that sends a form as it is."""
    return lambda page: page.locator("main").get_by_role("button", name=button, exact=True).click()


def suggest(page: Page) -> None:
    """Suggest another name, up to what would come of it, or to the question for an e-mail."""
    page.get_by_label("It was wrong").check()
    page.get_by_label("Local name").fill("جمهورية العراق!")
    page.get_by_label("End date").fill("1700-01-01")
    page.get_by_label("Reason").fill("As the gazette of 2 May has it.\n\nأنظر الجريدة الرسمية.")
    press("Continue")(page)


def suggest_file(page: Page) -> None:
    """Suggest what a file says, up to what would come of it."""
    page.get_by_label("File", exact=True).set_input_files({"name": "new.csv", "mimeType": "text/csv", "buffer": CSV})
    page.get_by_label("Things are different now").check()
    page.get_by_label("Reason").fill("The yearly list")
    press("Continue")(page)


def move(page: Page) -> None:
    """Suggest another point."""
    page.get_by_label("It was wrong").check()
    page.get_by_label("Point", exact=True).fill("[0.75,51.25]")
    page.get_by_label("Reason").fill("Surveyed")
    press("Continue")(page)


def keep_draft(page: Page) -> None:
    """Keep what was begun as a draft."""
    page.get_by_label("Local name").fill("العراق")
    press("Save as a draft")(page)


def redact(page: Page) -> None:
    """Ask for a value to be taken away, up to what would come of it."""
    page.get_by_label("Official name").check()
    page.get_by_label("Why").fill("Not meant to be published")
    press("Continue")(page)


def redefine(page: Page) -> None:
    """Suggest a custodian and a field, up to what would come of it."""
    page.get_by_label("Custodian").fill("Office of Names")
    page.get_by_role("textbox", name="Name", exact=True).last.fill("capital")
    page.get_by_label("Reason").fill("It went to another office")
    press("Continue")(page)


def create(page: Page) -> None:
    """Make a register of a file, up to what would come of it."""
    page.get_by_label("Name in the address").fill("tree")
    page.get_by_label("Title").fill("Tree")
    page.get_by_label("Custodian").fill("Parks Office")
    content = b"Tree,Name,Height\nQUR,English oak,12\nBET,\xd8\xa8\xd8\xaa\xd9\x88\xd9\x84\xd8\xa7,7\n"
    page.get_by_label("CSV file").set_input_files({"name": "trees.csv", "mimeType": "text/csv", "buffer": content})
    press("Continue")(page)
    if page.get_by_role("button", name="Continue", exact=True).count():
        press("Continue")(page)


def wrong_password(page: Page) -> None:
    """Sign in with a password that is not right."""
    page.get_by_label("E-mail").fill("sue@example.org")
    page.get_by_label("Password", exact=True).fill("not this")
    press("Sign in")(page)


def ask_for_link(page: Page) -> None:
    """Ask for a link by mail."""
    page.get_by_label("E-mail").fill("sue@example.org")
    press("Send me a link")(page)


def open_all(page: Page) -> None:
    """Open what is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


def reading() -> list[Shot]:
    """What everybody reads."""
    return [
        Shot("home", "/"),
        Shot("search", "/search?q=the"),
        Shot("search-nothing", "/search?q=zzzz"),
        Shot("search-fault", "/search?q=%21"),
        Shot("registers", "/registers"),
        Shot("register", COUNTRY),
        Shot("register-open", COUNTRY, act=open_all),
        Shot("register-filtered", f"{COUNTRY}?where.name.prefix=I&sort=key&count=name"),
        Shot("register-nothing", f"{COUNTRY}?q=zzzz"),
        Shot("register-past", f"{COUNTRY}?at=3"),
        Shot("register-pages", SCHOOL),
        Shot("register-empty", "/registers/listed-tree"),
        Shot("register-unkind", UNKIND),
        Shot("definition", f"{COUNTRY}/about"),
        Shot("definition-empty", "/registers/listed-tree/about"),
        Shot("entries", f"{COUNTRY}/entries"),
        Shot("entries-empty", "/registers/listed-tree/entries"),
        Shot("quality", f"{SCHOOL}/quality"),
        Shot("quality-none", "/registers/parish/quality"),
        Shot("trust", f"{COUNTRY}/trust"),
        Shot("record", f"{COUNTRY}/records/CI"),
        Shot("record-arabic", f"{COUNTRY}/records/OM"),
        Shot("record-hebrew", f"{COUNTRY}/records/IL"),
        Shot("record-past", f"{COUNTRY}/records/CI?at=10"),
        Shot("record-ended", f"{COUNTRY}/records/DD"),
        Shot("record-redacted", f"{COUNTRY}/records/ST"),
        Shot("record-point", f"{SCHOOL}/records/100003"),
        Shot("record-area", "/registers/district/records/E08"),
        Shot("record-unkind", f"{UNKIND}/records/{KEY}"),
        Shot("file-being-made", f"{COUNTRY}/files/14/register.sqlite"),
        Shot("not-found", "/nothing"),
        Shot("bad-address", f"{COUNTRY}?at=x"),
    ]


def service() -> list[Shot]:
    """What the service says of itself, and signing in."""
    return [
        Shot("accessibility", "/accessibility"),
        Shot("privacy", "/privacy"),
        Shot("docs", "/docs"),
        Shot("docs-page", "/docs/getting-started"),
        Shot("docs-table", "/docs/configuration"),
        Shot("api", "/docs/api"),
        Shot("operation", "/docs/api/list_records"),
        Shot("sign-in", "/sign-in"),
        Shot("sign-in-fault", "/sign-in", act=wrong_password),
        Shot("sign-in-link", "/sign-in/link"),
        Shot("sign-in-link-fault", "/sign-in/link", act=press("Send me a link")),
        Shot("sign-in-link-sent", "/sign-in/link", act=ask_for_link),
        Shot("confirm", "{confirm}"),
        Shot("confirm-bad", "/confirm?link=no"),
        Shot("unsubscribe", "{unsubscribe}"),
        Shot("unsubscribe-bad", "/unsubscribe?link=no"),
        Shot("unsubscribe-done", "{unsubscribe}", act=press("Stop these mails")),
        Shot("account", "/account", "cam"),
        Shot("account-changed", "/account?changed=password", "sue"),
        Shot("account-fault", "/account", "ann", press("Change the password")),
        Shot("people", f"{COUNTRY}/people", "ann"),
        Shot("people-fault", f"{COUNTRY}/people", "ann", press("Give the role")),
        Shot("people-custodian", f"{COUNTRY}/people", "cam"),
        Shot("people-refused", f"{COUNTRY}/people", "sue"),
        Shot("barred", f"{COUNTRY}/people/barred", "cam"),
        Shot("barred-fault", f"{COUNTRY}/people/barred", "cam", press("Bar from suggesting")),
        Shot("barred-nobody", f"{SCHOOL}/people/barred", "ann"),
    ]


def suggesting() -> list[Shot]:
    """Forms, their faults, and what would come of them."""
    country, faulty = f"{COUNTRY}/records/IQ/suggest", press("Continue")
    return [
        Shot("suggest", country, "sue"),
        Shot("suggest-nobody", country),
        Shot("suggest-draft", country, "ann", keep_draft),
        Shot("suggest-fault", country, "sue", faulty),
        Shot("suggest-unkind", f"{UNKIND}/records/{KEY}/suggest", "sue"),
        Shot("suggest-preview", country, "sue", suggest),
        Shot("suggest-email", country, "", suggest),
        Shot("suggest-new", f"{COUNTRY}/suggest", "sue"),
        Shot("suggest-new-fault", f"{COUNTRY}/suggest", "sue", faulty),
        Shot("suggest-move", f"{SCHOOL}/records/100003/suggest", "sue", move),
        Shot("suggest-file", f"{COUNTRY}/suggest/file", "sue"),
        Shot("suggest-file-fault", f"{COUNTRY}/suggest/file", "sue", faulty),
        Shot("suggest-file-preview", f"{COUNTRY}/suggest/file", "sue", suggest_file),
        Shot("redact", f"{COUNTRY}/records/IQ/redact", "sue"),
        Shot("redact-fault", f"{COUNTRY}/records/IQ/redact", "sue", faulty),
        Shot("redact-preview", f"{COUNTRY}/records/IQ/redact", "sue", redact),
        Shot("redefine", f"{COUNTRY}/about/suggest", "sue"),
        Shot("redefine-fault", f"{COUNTRY}/about/suggest", "sue", faulty),
        Shot("redefine-preview", f"{COUNTRY}/about/suggest", "sue", redefine),
        Shot("create", "/new-register"),
        Shot("create-fault", "/new-register", "", faulty),
        Shot("create-preview", "/new-register", "", create),
    ]


def deciding() -> list[Shot]:
    """Proposals, and the lists of them."""
    return [
        Shot("queue", "/queue", "cam"),
        Shot("queue-no-role", "/queue", "sue"),
        Shot("mine", "/my-suggestions", "sue"),
        Shot("mine-custodian", "/my-suggestions", "cam"),
        Shot("mine-drafts", "/my-suggestions", "ann"),
        Shot("proposals", f"{COUNTRY}/proposals", "ann"),
        Shot("proposals-closed", f"{COUNTRY}/proposals?state=closed", "ann"),
        Shot("proposals-none", "/registers/parish/proposals", "ann"),
        Shot("proposal", "/proposals/{talked}", "sue"),
        Shot("proposal-decide", "/proposals/{talked}", "cam"),
        Shot("proposal-sent", "/proposals/{talked}?done=suggested", "sue"),
        Shot("proposal-reject-fault", "/proposals/{talked}", "cam", press("Reject")),
        Shot("proposal-comment-fault", "/proposals/{talked}", "cam", press("Comment")),
        Shot("proposal-evidence-fault", "/proposals/{talked}", "cam", press("Add evidence")),
        Shot("proposal-own", "/proposals/{own}", "cam"),
        *(
            Shot(f"proposal-{state}", f"/proposals/{{{state}}}", "cam")
            for state in ("published", "rejected", "withdrawn")
        ),
        Shot("proposal-stale", "/proposals/{stale}", "cam"),
        Shot("proposal-moved", "/proposals/{moved}", "ann"),
        Shot("proposal-many", "/proposals/{many}", "ann"),
        Shot("proposal-redefined", "/proposals/{redefined}", "cam"),
        Shot("proposal-unkind", "/proposals/{unkind}", "ann"),
        Shot("approve", "/proposals/{talked}/approve", "cam"),
        Shot("approve-redefined", "/proposals/{redefined}/approve", "cam"),
    ]


def bare() -> list[Shot]:
    """A service that has nothing in it, sends no mail and speaks two languages."""
    return [
        Shot("bare-home", "/"),
        Shot("bare-registers", "/registers"),
        Shot("bare-search", "/search?q=x"),
        Shot("bare-sign-in", "/sign-in"),
        Shot("bare-sign-in-link", "/sign-in/link"),
        Shot("bare-welsh", "/cy/registers"),
        Shot("bare-welsh-privacy", "/cy/privacy"),
    ]


def full() -> list[Shot]:
    """All pictures of the service that has something in it."""
    return reading() + service() + suggesting() + deciding()
