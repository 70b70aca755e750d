"""Links to sign in with, mailed to whoever asks for one. Nothing tells who asks whether the e-mail has an account.

The act is the same for both: it is counted, what was typed is kept, and a letter is put that holds the link. Where the
link leads begins with the service's own setting, never with what the request says of its host.
"""

from __future__ import annotations

from notices import mail
from notices.mail import Letter
from people import links
from people.links import MAILED, Asked
from people.rates import in_words
from registers.store.engine import Store

SUBJECT = "Your link to sign in"


def send(store: Store, key: bytes, base_url: str, asked: Asked) -> None:
    """Have a link sent to an e-mail; `key` is this service's secret.

    Raises Invalid for what is no e-mail, TooOften when too many were asked for, TooLarge for a draft over its limit.
    """
    with store.writing() as tx:
        to, token = links.invite(tx, key, asked)
        mail.put(tx, to, Letter(SUBJECT, _text(base_url, token), good_for=MAILED))
        # If we crash here, nothing is durable. COMMIT, next, makes the count, the draft and the letter so at once.


def _text(base_url: str, token: str) -> str:
    return (
        f"Somebody, you we hope, asked for a link to sign in at {base_url}\n\n"
        f"Go on here to confirm your e-mail and sign in:\n\n{base_url}/confirm?link={token}\n\n"
        f"The link is good once, for {in_words(MAILED)}. If you did not ask for it, leave it: nothing happens.\n"
    )
