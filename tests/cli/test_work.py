"""`registers work`: it keeps up what follows the registers, sends what is due, and ends when it is told to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from click.testing import CliRunner

from cli import work
from cli.main import registers
from cli.workers import Keeper, Maker
from notices import mail, subscriptions
from notices.deliveries import DELIVERIES
from notices.mail import Letter
from notices.subscriptions import Wanted
from registers import lifecycle
from registers.leases import lease_holder, release_lease, take_lease
from registers.opening import open_store
from registers.register import Register
from registers.settings import Settings
from registers.store import followers
from registers.store.engine import Store
from tests.cli.conftest import Run
from tests.makers import FixedClock, append, country, make
from tests.notices.conftest import Receiver
from tests.notices.conftest import mailbox as mailbox  # the fixtures
from tests.notices.conftest import receiver as receiver
from tests.notices.mailbox import SENDER, Mailbox

LEASE = Keeper.lease
ALLOWED = {"REGISTERS_WEBHOOKS_PRIVATE": "allow"}


@pytest.fixture
def published(store: Store) -> Store:
    make(store)
    lifecycle.publish(store, "country")
    return store


def url_of(store: Store) -> str:
    return store.url.render_as_string(hide_password=False)


def subscribe(store: Store, receiver: Receiver) -> None:
    subscriptions.subscribe(store, "key-0", Wanted(receiver.url), private=True)


@contextmanager
def working(store: Store, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A worker, as `registers work` starts it."""
    command = [sys.executable, "-m", "cli.main", "--database", url_of(store), "work", "--interval", "0.05", *arguments]
    process = subprocess.Popen(command, env=os.environ | ALLOWED, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_sends_what_happens_and_ends_cleanly_when_it_is_told_to(published: Store, receiver: Receiver) -> None:
    subscribe(published, receiver)
    with working(published) as worker:
        append(published, country("A"))
        wait_until(lambda: len(receiver.received) == 1)
        append(published, country("B"))
        wait_until(lambda: len(receiver.received) == 2)
        worker.send_signal(signal.SIGTERM)
        said = worker.communicate(timeout=20)[1]
        assert (worker.returncode, said) == (0, "")
    assert [json.loads(each.body)["revision"] for each in receiver.received] == [2, 3]
    assert lease_holder(published, LEASE) is None
    with published.reading() as tx:
        assert {name for name, _, _ in followers.positions(tx.connection)} >= {"webhooks", "questions"}


def test_a_worker_that_is_killed_leaves_nothing_undone(published: Store, receiver: Receiver) -> None:
    """Its message comes again under the same id, once its claim, and its lease, have run out."""
    subscribe(published, receiver)
    append(published, country("A"))
    receiver.answers = [lambda _: bool(receiver.ending.wait(20))]  # type: ignore[list-item, return-value]
    with working(published) as worker:
        wait_until(lambda: len(receiver.received) == 1)
        worker.kill()
        worker.wait()
    with published.writing() as tx:  # in place of a minute's wait
        tx.connection.exec_driver_sql("UPDATE lease SET expires = 0")
        tx.connection.exec_driver_sql("UPDATE webhook_delivery SET due = 0")
    with working(published):
        wait_until(lambda: len(receiver.received) == 2)
    assert len(set(receiver.ids)) == 1


def test_a_worker_ends_with_the_process_that_started_it(published: Store) -> None:
    with working(published, "--parent", "1") as worker:  # which did not start it
        assert worker.wait(20) == 0
    with working(published, "--parent", str(os.getpid())) as worker:
        time.sleep(1.5)
        assert worker.poll() is None


@contextmanager
def serving(store: Store, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server, as `registers serve` starts it, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cli.main", "--database", url_of(store), "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--workers", "1"], env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: answers(port))
        yield process
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except OSError:
        return False


def test_serve_starts_a_worker_and_ends_it(published: Store) -> None:
    with serving(published) as server:
        wait_until(lambda: lease_holder(published, LEASE) is not None)
        server.terminate()
        server.wait(30)
        wait_until(lambda: lease_holder(published, LEASE) is None)


def test_the_maker_of_files_is_started_again_and_ends_with_the_worker(
    published: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has not made when it is killed is made by the next."""
    append(published, country("A"))
    monkeypatch.setattr(work, "PATIENCE", 0.1)
    beside = work._FilesProcess(published, 0.05)
    beside.watch()
    wait_until(lambda: lease_holder(published, Maker.lease) is not None)
    first = beside._process
    assert first is not None
    first.kill()
    first.wait()
    with published.writing() as tx:  # in place of half a minute's wait
        tx.connection.exec_driver_sql("UPDATE lease SET expires = 0")
    wait_until(lambda: beside.watch() or (beside._process is not first and lease_holder(published, Maker.lease)))  # type: ignore[func-returns-value, arg-type, return-value]
    monkeypatch.setattr(work, "PATIENCE", 30)
    beside.close()
    assert lease_holder(published, Maker.lease) is None


def test_a_worker_ends_when_the_server_that_started_it_is_killed(published: Store) -> None:
    with serving(published) as server:
        wait_until(lambda: lease_holder(published, LEASE) is not None)
        server.kill()
        wait_until(lambda: lease_holder(published, LEASE) is None)


def test_serve_starts_no_worker_where_that_is_off(sqlite_store: Store) -> None:
    with serving(sqlite_store, REGISTERS_WORK="off"):
        time.sleep(1)
        assert lease_holder(sqlite_store, LEASE) is None


def test_once_does_what_there_is_and_ends(
    migrated_url: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setenv("REGISTERS_WEBHOOKS_PRIVATE", "allow")
    store = open_store(migrated_url)
    make(store)
    lifecycle.publish(store, "country")
    subscribe(store, receiver)
    for number in range(25):
        append(store, country(f"K{number}"))
    done = CliRunner().invoke(registers, ["--database", migrated_url, "work", "--once"])
    assert (done.exit_code, done.output) == (0, "All that follows 1 registers has caught up.\n"), done.stderr
    assert len(receiver.received) == len(set(receiver.ids)) == 25
    again = CliRunner().invoke(registers, ["--database", migrated_url, "--json", "work", "--once"])
    assert json.loads(again.stdout) == {"registers": 1}
    assert len(receiver.received) == 25
    store.close()


def test_once_says_so_when_another_works(run: Run, database_url: str) -> None:
    run("init")
    store = open_store(database_url)
    assert take_lease(store, LEASE, "somebody else", 60)
    refused = run("work", "--once")
    assert (refused.exit_code, refused.stderr) == (1, "registers: another process does the work: somebody else\n")
    release_lease(store, LEASE, "somebody else")
    assert run("work", "--once").exit_code == 0
    store.close()


def test_a_worker_waits_while_another_works_and_then_takes_over(published: Store, receiver: Receiver) -> None:
    subscribe(published, receiver)
    append(published, country("A"))
    with working(published) as first:
        wait_until(lambda: len(receiver.received) == 1)
        with working(published) as second:
            assert second.stderr is not None
            assert second.stderr.readline().startswith("registers: waiting: another process does the work, ")
            first.send_signal(signal.SIGTERM)
            assert first.wait(20) == 0
            append(published, country("B"))
            wait_until(lambda: len(receiver.received) == 2)
    assert len(set(receiver.ids)) == 2


def test_a_lease_is_held_by_one_until_it_ends(store: Store, clock: FixedClock) -> None:
    assert take_lease(store, "work", "a", 30)
    assert not take_lease(store, "work", "b", 30)
    clock.now += 20
    assert take_lease(store, "work", "a", 30)
    clock.now += 29
    assert not take_lease(store, "work", "b", 30)
    assert lease_holder(store, "work") == "a"
    clock.now += 1
    assert lease_holder(store, "work") is None
    assert take_lease(store, "work", "b", 30)
    release_lease(store, "work", "a")
    assert lease_holder(store, "work") == "b"
    release_lease(store, "work", "b")
    assert take_lease(store, "work", "a", 30)


class Broken:
    """A follower that cannot follow one register, and knows how often it was asked."""

    name = "broken"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def catch_up(self, store: Store, register: Register, progress: object = None) -> None:
        self.asked.append(register.name)
        if register.name == "country":
            raise RuntimeError("a bug")

    def position(self, *_: object) -> int:
        return 0


def test_an_error_in_one_stops_none_of_the_others(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("country", "town"):
        make(sqlite_store, name)
        lifecycle.publish(sqlite_store, name)
    broken = Broken()
    monkeypatch.setattr(Keeper, "FOLLOWERS", (broken, DELIVERIES))
    worker = Keeper(sqlite_store, Settings(), Event())
    assert worker.work_once() == 2
    assert broken.asked == ["country", "town"]
    assert "registers: broken cannot follow country: RuntimeError: a bug" in capsys.readouterr().err
    with sqlite_store.reading() as tx:
        assert {of for _, of, _ in followers.positions(tx.connection)} == {"country", "town"}
    worker.work_once()
    assert broken.asked == ["country", "town", "country"]  # what failed is tried again, what did not move is not
    worker.close()


def mailing(mailbox: Mailbox) -> dict[str, str]:
    """The settings with which mails are sent to it."""
    return {
        "REGISTERS_SMTP_URL": f"smtp://localhost:{mailbox.port}",
        "REGISTERS_MAIL_FROM": SENDER,
        "REGISTERS_BASE_URL": "https://registers.example.org",
    }


def test_a_worker_sends_mail_where_it_is_set_how(
    migrated_url: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(migrated_url)
    with store.writing() as tx:
        mail.put(tx, "new@example.org", Letter("Hello", "Some text.\n"))
    store.close()
    work_once = ["--database", migrated_url, "work", "--once"]
    assert CliRunner().invoke(registers, work_once).exit_code == 0
    assert mailbox.taken == []
    for name, value in mailing(mailbox).items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(registers, work_once)
    assert (done.exit_code, done.stderr) == (0, "")
    (taken,) = mailbox.taken
    assert (taken.to, taken.sender, taken.text) == (["new@example.org"], SENDER, "Some text.\n")
