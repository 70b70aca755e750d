"""Figures for Prometheus at `/metrics`: what was asked, how long it took, how far the logs and their followers are.

Each worker counts for itself, in files of a folder that gunicorn names (PROMETHEUS_MULTIPROC_DIR), and whichever is
asked adds up all of them. A route is counted by its template, so that no key becomes a label; all methods that are
not HTTP's common ones are one label, for callers can make up any number of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flask import Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from api import current
from api.blueprint import Answer, Blueprint
from api.caching import Caching
from api.negotiation import Format
from api.permissions import Permission
from notices import mail
from registers.errors import Unavailable
from registers.store import followers, registers
from registers.store.engine import Store

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
TEXT = Format("prometheus", "text/plain", CONTENT_TYPE_PLAIN_0_0_4)
EXAMPLE = 'registers_http_requests_total{method="GET",route="/healthz",status="200"} 12.0\n'
_own = CollectorRegistry()
REQUESTS = Counter("registers_http_requests", "Requests answered", ("route", "method", "status"), registry=_own)
SECONDS = Histogram(
    "registers_http_request_seconds", "From a request to its last byte", ("route",), buckets=BUCKETS, registry=_own
)
BYTES = Counter("registers_http_response_bytes", "Bytes of bodies sent", ("route",), registry=_own)
routes = Blueprint("metrics", "", "Figures for Prometheus", {})


def count(members: Mapping[str, Any]) -> None:
    """Count an answer that has been sent: `members` is its line in the request log."""
    route = members["route"] or "none"
    method = members["method"] if members["method"] in METHODS else "other"
    requests, seconds, sent = _figures(route, method, members["status"])
    requests.inc()
    seconds.observe(members["milliseconds"] / 1000)
    sent.inc(members["bytes"])


@lru_cache(maxsize=10_000)  # as many as there are; to look them up anew costs more than to count
def _figures(route: str, method: str, status: int) -> tuple[Counter, Histogram, Counter]:
    """What is counted for answers of a route, by method and status."""
    return REQUESTS.labels(route, method, str(status)), SECONDS.labels(route), BYTES.labels(route)


@routes.resource(
    "/metrics",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=Answer("The figures, in Prometheus's text format", "", {TEXT: EXAMPLE}),
)
def show_metrics() -> Response:
    """Show figures for Prometheus

    Requests, seconds and bytes by route, over all workers; entries by register; the position of each follower; mails
    that wait, and that were given up in the last 30 days.
    """
    registry = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    counted = registry if os.environ.get(FOLDER) else _own
    logs = CollectorRegistry()
    logs.register(_Logs(current.store()))
    return Response(generate_latest(counted) + generate_latest(logs), content_type=TEXT.content_type)


class _Logs:
    """How far the logs and their followers are, as the database says now, and whether it says anything."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("registers_database_up", "Whether the database answers")
        try:
            with self.store.reading() as tx:
                sizes, positions = registers.sizes(tx.connection), followers.positions(tx.connection)
                failures, mails = followers.failures(tx.connection), mail.standing(tx)
        except Unavailable:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        entries = GaugeMetricFamily("registers_entries", "Entries of each published register", labels=["register"])
        for name, size in sizes:
            entries.add_metric([name], size)
        yield entries
        labels = ["follower", "register"]
        reached = GaugeMetricFamily("registers_follower_position", "Where each follower is", labels=labels)
        for follower, name, position in positions:
            reached.add_metric([follower, name], position)
        yield reached
        failing = GaugeMetricFamily("registers_follower_failing", "1 for a follower that fails now", labels=labels)
        for failure in failures:
            failing.add_metric([failure.follower, failure.register], 1)
        yield failing
        letters = GaugeMetricFamily("registers_mails", "Mails that wait, and that were given up", labels=["state"])
        letters.add_metric(["waiting"], mails.waiting)
        letters.add_metric(["given-up"], mails.given_up)
        yield letters
