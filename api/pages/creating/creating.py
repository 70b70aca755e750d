"""Creating a register: a form, or a CSV file; what would come of it; and, once that is confirmed, the register.

The last step takes an API key of the scope `direct`, typed into the form. There is no session and no cookie, so no
other site can make a browser write here in somebody's name: whoever sends this form has the key or has not.
"""

from __future__ import annotations

from flask import Response, request

from api import current, following, paging
from api.blueprint import Sent
from api.caching import Caching
from api.pages.blueprints import PAGE, blueprint
from api.pages.creating import forms, uploads
from api.pages.creating.forms import Checked, Form
from api.pages.faults import Fault, beside, sentence
from api.pages.languages.saying import gettext
from api.pages.rendering import page, see, worded
from api.pages.suggesting.redefinition_form import HINTS
from api.permissions import Permission
from people import api_keys
from registers import founding
from registers.coverage import FREQUENCIES
from registers.datatypes import DATATYPES
from registers.errors import Conflict, Forbidden, Invalid, Unauthorized
from registers.lifecycle import check_free
from registers.register import Authority, Register

LIMIT = 2 * uploads.LIMIT  # bytes of a form: the file, or the file packed and in base64, and what is typed
SHOWN = 5  # entries that are shown before they are made
FORM = Sent("POST", "The form", "", {"multipart/form-data": ""}, LIMIT, has_key=True)
routes = blueprint("creating", "Creating a register")


@routes.resource("/new-register", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE)
def show_form() -> Response:
    """Show the form that makes a register"""
    return _form(Form().with_more_rows(), [])


@routes.resource("/new-register", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_form() -> Response:
    """Take the form: add rows to it, show what would come of it, or make the register"""
    request.max_form_parts = len(forms.PLAIN) + uploads.MOST_COLUMNS * len(forms.FieldRow.__slots__) + 10
    form = forms.read(request.form, _uploaded())
    action = request.form.get("action")
    if action == "add":
        return _form(form.with_more_rows(), [])
    form, checked, faults = forms.check(form)
    if action == "edit" or checked is None:
        return _form(form if form.rows else form.with_more_rows(), faults)
    if fault := _check_free(checked):
        return _form(form, [fault])
    return _made(form, checked) if action == "create" else _confirm(form, checked, [])


def _uploaded() -> bytes:
    file = request.files.get("file")
    if file is None:
        return b""
    with file.stream as content:
        return bytes(content.read())


def _check_free(checked: Checked) -> Fault | None:
    try:
        with current.store().reading() as tx:
            check_free(tx, checked.definition.name)
    except Conflict as error:
        return Fault("name", sentence(error))
    return None


def _made(form: Form, checked: Checked) -> Response:
    """Make the register, or say why not: everything that was typed but the key is there again."""
    try:
        register = _found(checked, request.form.get("api-key", "").strip())
    except (Unauthorized, Forbidden) as error:
        return _confirm(form, checked, [Fault("api-key", sentence(error))])
    except (Conflict, Invalid) as error:
        return _form(form, [Fault("name" if isinstance(error, Conflict) else "file", sentence(error))])
    if register.status == "published":
        following.follow(register.name)
        return see(paging.full_path("pages-registers.show_register", register=register.name))
    return page("creating/created.html", definition=checked.definition, entries=len(checked.changes))


def _found(checked: Checked, text: str) -> Register:
    if not text:
        raise Unauthorized(gettext("Give an API key with the scope direct"))
    store, name = current.store(), checked.definition.name
    api_key = api_keys.verify(store, text)
    api_keys.require(store, api_key, Permission.CREATE.scopes, name)
    authority, operator = Authority(api_key.actor, "direct", "form"), current.settings().operator
    publish = request.form.get("publish") == "yes"
    return founding.found(store, checked.definition, checked.changes, authority, operator, publish)


def _form(form: Form, faults: list[Fault]) -> Response:
    return page(
        "creating/new.html",
        status=400 if faults else 200,
        form=form,
        faults=faults,
        wrong=beside(faults),
        datatypes=list(DATATYPES.values()),
        frequencies=[(each, worded(each)) for each in FREQUENCIES],
        hints=HINTS,
        stated=any(form.plain.get(name) for name in forms.OPTIONAL),
        limit=uploads.LIMIT // 2**20,
    )


def _confirm(form: Form, checked: Checked, faults: list[Fault]) -> Response:
    return page(
        "creating/confirm.html",
        status=400 if faults else 200,
        form=form,
        faults=faults,
        wrong=beside(faults),
        definition=checked.definition,
        entries=len(checked.changes),
        first=checked.changes[:SHOWN],
    )
