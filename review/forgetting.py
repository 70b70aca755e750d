"""Plans at rest lose what was taken out of their register: there too, its digest stands in its place.

So does what drafts hold, plans and forms.

So the plan is not the one any more whose SHA-256 its proposal has: a proposal that is closed is shown without the
values, and one that is open can only be rejected or withdrawn. What people wrote beside it is left as they wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from unicodedata import normalize

from registers import redaction
from registers.canonical import canonical_json
from registers.entry import Item
from registers.forgetting import Forgetting
from registers.item import normalise
from registers.redacted import Digest, redact
from registers.register import Register
from registers.store import registers
from registers.store.engine import Transaction
from review import store as kept


def _forget(tx: Transaction, register: Register, since: int) -> None:
    """A part: take out of all plans for a register what was taken out of the register since."""
    kept.lock(tx.connection)
    _take_out(tx, register, redaction.taken_in(tx, register.id, since))


PLANS = Forgetting("plans", (kept.proposal_plan.name, kept.proposal_draft.name), _forget)


def _take_out(tx: Transaction, register: Register, taken: Sequence[Item]) -> None:
    """A part: take what these metadata entries say out of every plan and draft for the register, by whatever name."""
    text_digest = tx.hashings["v2"].text_digest
    assert text_digest is not None

    def digest_of(value: str) -> bytes:
        return text_digest(normalize("NFC", value))

    of: dict[str, list[Item]] = {}
    for item in taken:
        of.setdefault(str(item["record"]), []).append(item)
    names = (register.name, *registers.former_names(tx.connection, register.id))
    for digest in kept.plans_for(tx.connection, names):
        content = kept.read_plan(tx.connection, digest) or b""
        left = _plan_left(content, of, digest_of)
        if left != content:
            kept.change_plan(tx.connection, digest, left)
    for row in kept.drafts_for(tx.connection, names):
        number, key, form, content = row.number, row.key, row.form, row.content
        mine = of.get(key, ()) if key else [each for some in of.values() for each in some]
        left = _form_left(content, mine, digest_of) if form else _plan_left(content, of, digest_of)
        if left != content:
            kept.change_draft(tx.connection, number, content=left)


def _form_left(content: bytes, taken: Sequence[Item], digest_of: Digest) -> bytes:
    """What was typed into a form, a JSON object, without values that were taken away: those are blank then.

    Its member `typed` has the text of each field, which is a value or one a line; a `file`, which is not looked into,
    goes wholly.
    """
    form = json.loads(content)
    if "file" in form:
        return json.dumps({name: value for name, value in form.items() if name != "file" or not taken}).encode()
    typed = dict(form.get("typed", {}))
    for each in taken:
        digests = {bytes.fromhex(value) for value in each["values"]}
        for field in typed.keys() & set(each["fields"]):
            lines = [line for line in typed[field].split("\n") if digest_of(line.strip()) not in digests]
            typed[field] = "" if digest_of(typed[field].strip()) in digests else "\n".join(lines)
    return content if typed == form.get("typed", {}) else json.dumps(form | {"typed": typed}).encode()


def _plan_left(content: bytes, of: Mapping[str, Sequence[Item]], digest_of: Digest) -> bytes:
    return b"".join(_lines_left(BytesIO(content), of, digest_of))


def _lines_left(lines: Iterable[bytes], of: Mapping[str, Sequence[Item]], digest_of: Digest) -> Iterable[bytes]:
    """The lines of a plan, those with something in them that was taken away without it."""
    for number, line in enumerate(lines):
        members = json.loads(line) if number else {}
        given = members.get("item")
        if isinstance(given, dict) and members.get("key") in of:
            item = before = normalise(given, redacted=True)
            for each in of[members["key"]]:
                digests = {bytes.fromhex(value) for value in each["values"]}
                item = redact(item, each["fields"], digests, digest_of)
            if item != before:
                line = canonical_json(members | {"item": item}).encode() + b"\n"
        yield line
