"""Verbs about people: people, roles. A password comes from a prompt or from stdin, never from an argument."""

from __future__ import annotations

import json

import psycopg
import pytest

from notices import mail, wishes
from notices.mail import Letter
from registers.opening import open_store
from review import drafts
from review.drafts import Written
from tests.cli.conftest import Run
from tests.cli.test_redact import analyze, holding, pages

PASSWORD = "correct horse battery"


@pytest.fixture
def ann(tree: Run) -> Run:
    """A database with the register `tree` and the account of Ann."""
    added = tree("people", "add", "ann@example.org", "--name", "Ann Other", "--password", input=f"{PASSWORD}\n")
    assert added.exit_code == 0, added.stderr
    return tree


def test_a_first_administrator_is_made_at_the_terminal(ann: Run) -> None:
    (shown,) = json.loads(ann("--json", "people", "list").stdout)["people"]
    assert (shown["email"], shown["name"], shown["password"], shown["confirmed"]) == (
        "ann@example.org",
        "Ann Other",
        True,
        None,
    )
    granted = ann("roles", "grant", "ann@example.org", "administrator")
    assert granted.stdout == f"{shown['id']} is administrator of all registers.\n"
    (role,) = json.loads(ann("--json", "roles", "list").stdout)["roles"]
    assert (role["person"], role["role"], role["register"]) == (shown["id"], "administrator", "*")
    assert role["granted-by"].startswith("operator-")
    said = ann("people", "show", shown["id"]).stdout
    assert "name:       Ann Other" in said and "role:       administrator of *" in said and "password:   true" in said
    assert shown["id"] in ann("people", "list").stdout and "administrator" in ann("roles", "list").stdout


def test_a_role_on_one_register_is_given_and_taken(ann: Run) -> None:
    assert ann("roles", "grant", "ann@example.org", "custodian", "--register", "tree").exit_code == 0
    assert (
        "is not custodian of tree any more"
        in ann("roles", "revoke", "ann@example.org", "custodian", "--register", "tree").stdout
    )
    assert json.loads(ann("--json", "roles", "list").stdout) == {"roles": []}
    assert "registers roles grant" in ann("roles", "list").stdout


def test_who_is_forgotten_is_gone_and_the_log_says_so_without_a_name(ann: Run) -> None:
    forgotten = ann("people", "forget", "ann@example.org")
    assert "nothing here says who it was" in forgotten.stdout
    assert json.loads(ann("--json", "people", "list").stdout) == {"people": []}
    assert "registers people add" in ann("people", "list").stdout
    logged = ann("people", "accesses").stdout
    assert "forget person" in logged and "add person" in logged and "allowed" in logged
    assert "Ann" not in logged and "example" not in logged
    account_id = forgotten.stdout.split()[0]
    assert len(json.loads(ann("--json", "people", "accesses", "--of", account_id).stdout)["accesses"]) == 2


def test_no_file_of_the_database_holds_who_is_forgotten(ann: Run, database_url: str) -> None:
    """Nor do old pages, the WAL and the statistics; looked for byte by byte, as they are before to be found."""
    added = ann("people", "add", "quuxworth@example.org", "--name", "Zaphodia Quuxworth")
    account_id = added.stdout.split()[0]
    ann("roles", "grant", account_id, "reviewer")
    store = open_store(database_url)
    with store.writing() as tx:  # mails that cannot be sent
        letter = Letter("To Quuxworth", f"{'Some text. ' * 300} Zaphodia Quuxworth")
        assert mail.put(tx, "quuxworth@example.org", letter)
        tx.connection.exec_driver_sql("UPDATE person SET confirmed = 1")
        assert mail.put(tx, account_id, letter) and mail.put(tx, "other@example.org", Letter("To another", "Text."))
    wishes.choose(store, account_id, [])
    typed = Written("country", b"Zaphodia Quuxworth " * 300, form="record", note="Quuxworth")
    drafts.begin(store, account_id, typed)
    analyze(store)
    assert holding(pages(store)) != []
    store.close()
    assert ann("people", "forget", account_id).exit_code == 0
    assert holding(pages(store)) == []
    assert ann("people", "forget", account_id).exit_code == 0  # as where it was interrupted
    assert "Ann Other" in ann("people", "list").stdout
    with store.reading() as tx:
        assert mail.standing(tx).waiting == 1
    store.close()


def test_while_somebody_reads_it_is_said_that_pages_may_still_hold_it(
    ann: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(database_url)
    with store.reading() as tx, monkeypatch.context() as impatient:
        impatient.setattr("registers.store.postgresql.PATIENCE", 0.2)
        tx.connection.exec_driver_sql("SELECT * FROM register").all()
        refused = ann("people", "forget", "ann@example.org")
    store.close()
    assert (refused.exit_code, "is forgotten, but old pages" in refused.stderr) == (1, True), refused.stderr
    account_id = refused.stderr.split()[1]
    assert "nothing here says" in ann("people", "forget", account_id).stdout


def test_a_password_is_given_anew_from_stdin(ann: Run) -> None:
    assert "another password" in ann("people", "password", "ann@example.org", input="quite another one\n").stdout
    short = ann("people", "password", "ann@example.org", input="short\n")
    assert (short.exit_code, short.stderr) == (1, "registers: password: is 12 to 1000 characters long\n")


def test_a_link_is_for_who_is_there_or_is_named(ann: Run) -> None:
    made = ann("people", "link", "ANN@example.org").stdout
    assert made.startswith("http://127.0.0.1:8000/confirm?link=")
    refused = ann("people", "link", "bob@example.org")
    assert (refused.exit_code, "give a --name" in refused.stderr) == (1, True)
    assert json.loads(ann("--json", "people", "link", "bob@example.org", "--name", "Bob").stdout)["email"] == (
        "bob@example.org"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("people", "add", "ann", "--name", "Ann"), 1, "email: 'ann' is not an e-mail address"),
        (("people", "add", "ann@example.org", "--name", "Ann"), 1, "there is an account with the e-mail"),
        (("people", "add", "bob@example.org"), 2, "--name"),
        (("people", "add", "bob@example.org", "--name", "B", "--password"), 1, "password: is 12 to 1000"),
        (("people", "add", "bob@example.org", "--name", "B", "--password", "secret"), 2, "unexpected extra argument"),
        (("people", "show", "bob@example.org"), 1, "there is no person 'bob@example.org'"),
        (("people", "forget", "person-000000000000"), 1, "there is no person"),
        (("people", "accesses", "--of", "nobody"), 1, "there is no person"),
        (("roles", "grant", "bob@example.org", "reviewer"), 1, "there is no person"),
        (("roles", "grant", "ann@example.org", "king"), 2, "king"),
        (("roles", "grant", "ann@example.org", "reviewer", "--register", "nowhere"), 1, "there is no register"),
        (("roles", "revoke", "ann@example.org", "reviewer"), 1, "is not reviewer of all registers"),
    ],
)
def test_what_cannot_be_done_is_said(ann: Run, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    refused = ann(*arguments, input="\n")
    assert (refused.exit_code, sentence in refused.stderr) == (code, True), refused.stderr
    assert len(json.loads(ann("--json", "people", "list").stdout)["people"]) == 1


def test_on_postgresql_a_writer_to_another_database_is_waited_for(
    ann: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its transaction is open, VACUUM keeps the rows that are deleted meanwhile, and says nothing of it."""
    store = open_store(database_url)
    if store.is_sqlite:
        pytest.skip("a file of SQLite is one database")
    other = store.url.set(drivername="postgresql", database="postgres").render_as_string(False)
    with psycopg.connect(other) as writer, monkeypatch.context() as impatient:
        impatient.setattr("registers.store.postgresql.PATIENCE", 0.2)
        writer.execute("SELECT pg_current_xact_id()")
        refused = ann("people", "forget", "ann@example.org")
    store.close()
    assert (refused.exit_code, "is forgotten, but old pages" in refused.stderr) == (1, True), refused.stderr
    assert "nothing here says" in ann("people", "forget", refused.stderr.split()[1]).stdout


def test_who_floods_is_barred_and_allowed_again(ann: Run) -> None:
    barred = ann("people", "bar", "ann@example.org", "--register", "tree")
    assert "may not suggest on tree any more" in barred.stdout
    assert "may not suggest on any register any more" in ann("people", "bar", "ann@example.org").stdout
    said = ann("people", "show", "ann@example.org").stdout
    assert "barred:     from tree, since" in said and "barred:     from *" in said
    again = ann("people", "bar", "ann@example.org")
    assert (again.exit_code, "is barred from all registers already" in again.stderr) == (1, True)
    allowed = ann("--json", "people", "allow", "ann@example.org", "--register", "tree")
    assert json.loads(allowed.stdout)["register"] == "tree"
    logged = ann("people", "accesses").stdout
    assert "bar person-" in logged and "allow person-" in logged
