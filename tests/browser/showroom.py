"""Registers to look at pages with: made up, but of the kinds and lengths that real ones have.

Names from right to left, names without a place to break, years of history, an empty register and one of which nothing
is kind; people with each role; proposals in each state, with what was said about them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from geo.areas.following import Areas
from loaders import quality
from notices import wishes
from notices.wishes import DECISIONS, Refusal
from people import bars, links, roles, secret
from people.accounts import Account
from people.links import Invitation
from registers import lifecycle, redaction, snapshot
from registers.batch import Change
from registers.definition import Definition, Field
from registers.followers import catch_up_all
from registers.redaction import Wanted
from registers.store.engine import Store
from review import decisions, drafts, evidence, proposals, redefining
from review.drafts import Written
from review.evidence import Evidence
from tests.api.pages.test_where import school
from tests.api.pages.visitors import person
from tests.browser import test_every_page
from tests.geo.test_areas import DISTRICTS, district, follow, square
from tests.makers import AUTHORITY, OPERATOR, append
from tests.review.makers import planned

YEAR = 365 * 24 * 3600
BEGAN = 1_456_790_400  # 2016-03-01
COUNTRY = (
    Field("country", text="The two letters of ISO 3166-1"),
    Field("name", text="The name that English texts use"),
    Field("official-name", text="The name in treaties and letters of credence"),
    Field("local-name", text="The name in the country's own language"),
    Field("citizen-names", text="What its citizens are called", cardinality="n"),
    Field("website", "url", text="Where its government introduces it"),
    Field("start-date", "datetime", text="Since when it is a country"),
    Field("end-date", "datetime", text="Until when it was one"),
)
ABOUT = {
    "title": "Country",
    "text": "English names, and the words for citizens, of the countries that the ministry recognises",
    "custodian": "Ministry of Foreign Affairs",
    "licence": "Open Government Licence v3.0",
    "copyright": "Contains information from the Ministry of Foreign Affairs",
    "spatial_coverage": "World",
    "update_frequency": "irregular",
}
NAMES = {
    "GB": ("United Kingdom", "The United Kingdom of Great Britain and Northern Ireland", "United Kingdom", "Briton"),
    "IQ": ("Iraq", "The Republic of Iraq", "جمهورية العراق (العراق).", "Iraqi"),
    "IL": ("Israel", "The State of Israel", "מדינת ישראל!", "Israeli"),
    "CI": ("Ivory Coast", "The Republic of Côte D’Ivoire", "Côte d’Ivoire", "Citizen of the Ivory Coast"),
    "ST": ("Sao Tome and Principe", "The Democratic Republic of Sao Tome and Principe", "São Tomé e Príncipe", ""),
    "GE": ("Georgia", "Georgia", "საქართველო", "Georgian"),
    "JP": ("Japan", "Japan", "日本国", "Japanese"),
    "DD": ("East Germany", "German Democratic Republic", "Deutsche Demokratische Republik", "East German"),
    "OM": ("عُمان", "سلطنة عُمان", "سلطنة عُمان (مسقط)", "عُماني"),
}
SAINTS = ("St Mary's", "Holy Trinity", "Castle Hill", "Riverside", "Oak Lane", "Ysgol Gynradd Pen-y-bont ar Ogwr")
KINDS = ("Primary School", "Church of England Voluntary Aided Infant and Nursery School", "Academy", "High School")
DD = "The German Democratic Republic, which is no longer there"
MAILS = {"ann": "administrator", "cam": "custodian", "sue": ""}


@dataclass(frozen=True)
class Showroom:
    """What is in it: its people, and addresses that only come about as it is filled."""

    people: dict[str, Account]
    proposals: dict[str, int]
    links: dict[str, str]


def fill(store: Store, areas: Areas) -> Showroom:
    """Make all of it in a store that is empty."""
    _countries(store)
    _places(store)
    for name, said in (("listed-tree", {}), ("parish", {"title": "Parish", "text": "Civil parishes"})):
        made = Definition(name, name, (Field(name), Field("name")), **said)
        lifecycle.create(store, made, AUTHORITY, OPERATOR)
        lifecycle.publish(store, name)
    people = _people(store)
    numbers = {"unkind": test_every_page.fill(store)} | _proposals(store, people)
    catch_up_all(store)
    follow(store, areas)
    for name in ("country", "school"):
        _look(store, name)
    return Showroom(people, numbers, _links(store, people["sue"]))


def _links(store: Store, account: Account) -> dict[str, str]:
    """What a mail would lead to."""
    key, now = secret.read_secret("", store), store.clock()
    invited = links.make(key, Invitation("זהבה Example", "zahava@example.org"), now)
    stopped = wishes.token(key, Refusal(account.id, DECISIONS), now)
    return {"confirm": f"/confirm?link={invited}", "unsubscribe": f"/unsubscribe?link={stopped}"}


def country(key: str, moment: int | None = None, **given: str) -> Change:
    """A change of a country, with what is given for its values."""
    name, official, local, citizen = NAMES[key]
    said = {"country": key, "name": name, "official-name": official, "local-name": local}
    said |= {name.replace("_", "-"): value for name, value in given.items()}
    citizens = {"citizen-names": [citizen, f"Citizen of {name}"]} if citizen else {}
    return Change(key, {**said, **citizens}, moment)


def _countries(store: Store) -> None:
    """Nine records over ten years: one was renamed twice, one has ended, one has lost a value."""
    lifecycle.create(store, Definition("country", "country", COUNTRY, **ABOUT), AUTHORITY, OPERATOR)
    first = [country(key, BEGAN + number * YEAR // 2) for number, key in enumerate(NAMES)]
    append(store, *first)
    later = BEGAN + 5 * YEAR
    append(store, country("CI", later, name="Côte d’Ivoire"), country("CI", later + YEAR))
    append(store, country("DD", later + 2 * YEAR, end_date="1990-10-02", website="https://www.example.org/gdr"))
    lifecycle.publish(store, "country")
    redaction.take_away(store, "country", Wanted("ST", ("official-name",)), "It was not to be published", AUTHORITY)


def _places(store: Store) -> None:
    """Two districts, of which one grew, and so many schools that they take three pages."""
    about = {"text": "Districts and the ground they cover", "custodian": "Boundary Office"}
    lifecycle.create(store, Definition("district", "district", DISTRICTS, **about), AUTHORITY, OPERATOR)
    append(store, district("E07", square(0, 51), name="Ashford and the Marsh"), to="district")
    append(store, district("E08", square(1, 51), name="Dunmere"), to="district")
    append(store, district("E08", square(0.5, 51), name="Dunmere", start_date="2020-04-01"), to="district")
    lifecycle.publish(store, "district")
    fields = (Field("school"), Field("name"), Field("district", register="district"), Field("point", "point"))
    lifecycle.create(store, Definition("school", "school", fields, title="School"), AUTHORITY, OPERATOR)
    append(
        store, *(_school(number, f"{a} {b}") for number, (a, b) in enumerate(product(SAINTS * 5, KINDS))), to="school"
    )
    lifecycle.publish(store, "school")


def _school(number: int, name: str) -> Change:
    made = school(str(100000 + number), "E07", f"[{0.3 + number % 12 / 10:.2f},{51.2 + number % 7 / 10:.2f}]")
    return Change(made.key, {**made.item, "name": name})


def _people(store: Store) -> dict[str, Account]:
    made = {name: person(store, f"{name}@example.org", name.title() + " Example") for name in MAILS}
    for name, role in MAILS.items():
        if role:
            roles.grant(store, roles.Wanted(made[name].id, role, None if name == "ann" else "country"), "tester")
    ayesha = person(store, "an.address.that.is.long.but.allowed@department.example.org", "عائشة (وزارة).")
    roles.grant(store, roles.Wanted(ayesha.id, "reviewer", "country"), "tester")
    bars.bar(store, person(store, "bill@example.org", "Bill").id, "country", made["ann"].id)
    return made


def _proposals(store: Store, people: dict[str, Account]) -> dict[str, int]:
    """One in each state, by Sue unless it says otherwise."""
    sue, cam = people["sue"].id, people["cam"].id

    def suggest(*changes: Change, note: str = "", name: str = "country", by: str = sue) -> int:
        return proposals.submit(store, planned(store, *changes, name=name), by, note).proposal.number

    made = {"published": suggest(country("GE", website="https://www.example.org/georgia"), note="It has a site now")}
    decisions.approve(store, made["published"], cam, OPERATOR)
    made["rejected"] = suggest(country("JP", name="Nippon"), note="It is what they say themselves")
    decisions.reject(store, made["rejected"], cam, "English texts say Japan.")
    made["withdrawn"] = suggest(country("IL", name="The State of Israel"), note="A slip")
    decisions.withdraw(store, made["withdrawn"], sue)
    made["stale"] = suggest(country("DD", name=DD), note="As the yearbook has it")
    append(store, country("DD", end_date="1990-10-03"))
    made["talked"] = suggest(country("IQ", local_name="العراق", end_date="2099-12-31"), note="As its mission writes.")
    decisions.comment(store, made["talked"], cam, "Where does it say so?\n\nأين هذا مكتوب؟")
    evidence.add(
        store, made["talked"], sue, Evidence("The circular, page 2", "https://www.example.org/circulars/2024/17")
    )
    drafts.begin(store, sue, Written("country", b'{"typed": {"name": "Irak"}}', "IQ", "record"))
    drafts.begin(store, sue, Written("country", b"{}", "", "record"))
    made["own"] = suggest(country("GB", name="UK"), note="Shorter", by=cam)
    made["moved"] = suggest(school("100000", "E07", "[0.9,51.5]"), note="It moved", name="school")
    made["many"] = suggest(*(_school(number, "Renamed") for number in range(30)), note="A new trust", name="school")
    made["redefined"] = _redefined(store, sue)
    return made


def _redefined(store: Store, actor: str) -> int:
    """A proposal to have a register say something else of itself."""
    with store.reading() as tx:
        register = snapshot.find_register(tx, "country")
        content, _ = redefining.plan_of(tx, register, {"custodian": "Office of Names"}, [])
    return proposals.submit(store, content, actor, "The task went to another office").proposal.number


def _look(store: Store, name: str) -> None:
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        definition = snapshot.read_definition(tx, register)
    assert definition is not None
    quality.report(store, register, definition)
