"""Letters: what is to be sent as a mail is put here in the act that it speaks of, and sent after that.

So nothing is said that is not so, and what is decided is told: if the act is not committed there is no letter, and if
the process is killed after it the letter is still here. A letter is to a person, by the id of their account: their
address is looked up when it is sent. Only one for an e-mail that no account has confirmed holds an address, and is gone
within a day. A letter is deleted when it is sent, and when who it is to is forgotten.

`registers work` sends them (`posting`), where the settings say how (`Settings.sends_mail`). Whoever puts letters asks
that first: where nothing is sent nothing is to be kept.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from notices.store import letters
from notices.store.letters import Standing as Standing
from people import accounts
from people.emails import check_email, fold_email
from registers.store.engine import Store, Transaction

DAY = 24 * 60 * 60  # seconds
GOOD_FOR = 4 * DAY  # how long a letter is tried to be sent: mail servers do as long (RFC 5321 §4.5.4.1)
TO_ADDRESS = DAY  # how long at most one to an address is, of which nobody is known to have asked for it
PERSONAL = ("letter",)  # tables with what is personal, beside those of `people.accounts.PERSONAL`
LONGEST_SUBJECT = 150  # characters
LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be said: a subject of one line, and plain text. It goes as it is, so it holds no name of another.

    `kind` is what its person may turn off; empty for what they asked for. After `good_for` seconds it is given up.
    """

    subject: str
    text: str
    kind: str = ""
    good_for: int = GOOD_FOR


def put(tx: Transaction, to: str, letter: Letter) -> bool:
    """A part: have a letter sent, once the act is committed, to the account of an id or to an e-mail.

    False, and nothing is put, for an account that has no confirmed e-mail, or was forgotten. A letter to an e-mail that
    an account has confirmed is to that account. Raises Invalid for what is no e-mail.
    """
    account = accounts.get_or_none(tx, to) if _is_account(to) else accounts.find_email(tx, to)
    reached = account.id if account and account.email and account.confirmed is not None else None
    if _is_account(to) and reached is None:
        return False
    known = {} if reached else {"email": check_email(to), "folded": fold_email(to)}
    good_for = letter.good_for if reached else min(letter.good_for, TO_ADDRESS)
    letters.add(
        tx.connection,
        id=f"mail-{secrets.token_hex(12)}",
        account=reached,
        kind=letter.kind if reached else "",
        subject=_one_line(letter.subject),
        text=_seen(letter.text)[:LONGEST_TEXT],
        created=tx.clock(),
        expires=tx.clock() + good_for,
        due=tx.clock(),
        **known,
    )
    return True


def forget(store: Store, who: str) -> int:
    """Delete the letters to an e-mail, or to that of the account of an id, that were put before an account had
    confirmed it; how many. Those to an account go with it.

    Old pages of the database hold them until `store.wipe(PERSONAL)`.
    """
    with store.writing() as tx:
        account = accounts.get_or_none(tx, who) if _is_account(who) else None
        folded = accounts.folded((account.email or "") if account else who)
        return letters.remove_to(tx.connection, folded) if folded else 0


def standing(tx: Transaction) -> Standing:
    """How mail stands now."""
    return letters.standing(tx.connection)


def _is_account(who: str) -> bool:
    return who.startswith(accounts.PREFIX) and "@" not in who


def _one_line(text: str) -> str:
    """The text without what could end a header, or cannot be seen; cut when it is long."""
    line = _seen(" ".join(text.split()))
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def _seen(text: str) -> str:
    """The text with its line ends as `\\n`, without other characters that cannot be seen."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in plain if each in "\n\t" or not unicodedata.category(each).startswith("C"))
