"""Blueprints whose every route declares, in one place, who may ask, how long the answer keeps, and what it is.

    @routes.resource("/<segment:register>/records", permission=PUBLIC, caching=REVALIDATE, answer=documents.RECORDS)

`admit` holds each request to its view's declaration before the view runs, and `finish` each answer after it; a view
that declares nothing is refused. The same declaration writes the operation in openapi.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Response, current_app, g, request
from marshmallow import Schema

from api import (
    bodies,
    caching,
    deprecation,
    languages,
    memory,
    negotiation,
    parameters,
    paths,
    permissions,
    preconditions,
    request_log,
    signed_in,
    state,
    statuses,
)
from api.caching import Caching
from api.deprecation import Deprecated
from api.negotiation import HTML, JSON, ZIP, Format
from api.permissions import Permission

View = Callable[..., Response]
MEGABYTE = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resource answers: its schema's name, and an example in each format it comes in, the default first.

    `problems` are statuses beside those that every resource may answer. `others` are answers of a form of their own,
    by status, as OpenAPI describes them.
    """

    description: str
    schema: str
    examples: Mapping[Format, object]
    headers: Mapping[str, object] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    status: int = 200
    others: Mapping[int, object] = field(default_factory=dict)

    @property
    def formats(self) -> tuple[Format, ...]:
        """The formats, the default first."""
        return tuple(self.examples)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a resource that is written to is sent: by which method, and the body if it takes one.

    `examples` are by media type, the ones it takes; `schema` is that of JSON. A body that is longer than `limit`
    bytes is refused unread. What only `asks` changes nothing: it is a question too long for a query string. A form that
    `has_key` holds the key that it is sent with, and relies on no cookie. What is `conditional` heeds If-Match.
    """

    method: str = "POST"
    description: str = ""
    schema: str = ""
    examples: Mapping[str, object] = field(default_factory=dict)
    limit: int = MEGABYTE
    asks: bool = False
    has_key: bool = False
    conditional: bool = False


READ = Sent("GET")


@dataclass(frozen=True, slots=True)
class Declared:
    """What a view declares of itself where it declares its route. `open_ended` parameters begin with one of these."""

    permission: Permission
    caching: Caching
    answer: Answer
    sent: Sent
    parameters: frozenset[str]
    open_ended: tuple[str, ...]
    deprecated: Deprecated | None
    for_people: bool

    @property
    def is_page(self) -> bool:
        """Whether it is a page to read, and so in each language there is."""
        return self.for_people and HTML in self.answer.formats


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A blueprint of resources, each of which declares itself."""

    ARGUMENTS_PARSER = parameters.Parser()

    def __init__(
        self,
        name: str,
        url_prefix: str,
        about: str,
        path_parameters: Mapping[str, Any],
        operations: str = "",
        for_people: bool = False,
    ) -> None:
        """`operations` begins the names of the operations, which are the views' names and have to be unique.

        What is `for_people` takes sessions, and what is not takes API keys.
        """
        super().__init__(name, __name__, url_prefix=url_prefix or None, description=about)
        self.path_parameters = path_parameters
        self.operations = operations
        self.for_people = for_people

    def resource(
        self,
        rule: str,
        *,
        permission: Permission,
        caching: Caching,
        answer: Answer,
        query: type[Schema] | None = None,
        sent: Sent = READ,
    ) -> Callable[[View], View]:
        """Decorate a view: route to it, hold requests to what is declared, document it.

        A query's class may have `OPEN_ENDED`, beginnings of parameters that the view itself knows.
        """
        names = re.findall(r"<(?:\w+:)?(\w+)>", rule)

        def decorate(view: View) -> View:
            documented = _document(answer, permission, inside=bool(names)) | _document_body(sent)
            if "register" in names:
                documented["responses"] |= _document_renamed(sent)
            goes = deprecation.declared(view)
            if goes:
                documented["deprecated"] = True
            served = self.doc(**documented, operationId=self.operations + view.__name__)(view)
            if query:
                # One schema, made once: to make it anew costs more than to read the parameters.
                served = self.arguments(parameters.schema_of(query), location="query")(served)
            served.declared = Declared(permission, caching, answer, sent, *_parameters(query), goes, self.for_people)
            described = [{"in": "path", "name": name, **self.path_parameters[name]} for name in names]
            described += [preconditions.IF_MATCH] if sent.conditional else []
            self.route(rule, parameters=described, endpoint=view.__name__, methods=[sent.method])(served)
            return view

        return decorate


def _parameters(query: type[Schema] | None) -> tuple[frozenset[str], tuple[str, ...]]:
    declared = query().fields.items() if query else ()
    return frozenset(field.data_key or name for name, field in declared), getattr(query, "OPEN_ENDED", ())


def _document_body(sent: Sent) -> dict[str, Any]:
    if not sent.examples:
        return {}
    content = {}
    for media_type, example in sent.examples.items():
        schema: dict[str, object] = {"type": "string"}
        if media_type == JSON.media_type:
            schema = {"$ref": f"#/components/schemas/{sent.schema}"}
        content[media_type] = {"schema": schema, "example": example}
    return {"requestBody": {"description": sent.description, "required": True, "content": content}}


def _document(answer: Answer, permission: Permission, inside: bool) -> dict[str, Any]:
    content = {}
    for format, example in answer.examples.items():
        schema: dict[str, object] = {"$ref": f"#/components/schemas/{answer.schema}"}
        if not format.is_json:
            schema = {} if format is ZIP else {"type": "string"}
        content[format.content_type] = {"schema": schema} | ({"example": example} if example else {})
    answered: dict[str, Any] = {"description": answer.description, "content": content}
    if answer.headers:
        answered["headers"] = dict(answer.headers)
    too_much = ("REQUEST_URI_TOO_LONG", "TOO_MANY_REQUESTS")
    always = ("BAD_REQUEST", "NOT_ACCEPTABLE", *too_much, "INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE")
    names = (*always, *(("NOT_FOUND", "GONE") if inside else ()), *permissions.problems(permission), *answer.problems)
    refused = (int(HTTPStatus[name]) for name in names)
    problems: dict[int, object] = {status: statuses.component(status) for status in refused}
    responses = {answer.status: answered} | dict(sorted((problems | dict(answer.others)).items()))
    return {"responses": responses} | permissions.security(permission)


def _document_renamed(sent: Sent) -> dict[int, str]:
    """The answer for a register that has another name now."""
    status = HTTPStatus.MOVED_PERMANENTLY if sent.method == "GET" else HTTPStatus.PERMANENT_REDIRECT
    return {int(status): status.name}


def declared_of(endpoint: str | None) -> Declared | None:
    """What the view of an endpoint declares; None for a view that declares nothing, and where there is none."""
    view = current_app.view_functions.get(endpoint or "")
    found: Declared | None = getattr(view, "declared", None)
    return found


def admit() -> Response | None:
    """Hold the request to what its view declares, before the view sees it; or answer that the caller has the answer.

    Raises Invalid for a broken path or a parameter the view has not; NotAcceptable, Gone for a format.
    """
    paths.check(request.environ)
    if request.url_rule is None:
        return None  # there is no view; the framework says so next
    request.environ[request_log.ROUTE] = request.url_rule.rule
    declared = declared_of(request.endpoint)
    if declared is None:
        raise TypeError(f"the view {request.endpoint} declares no permission, caching or answer")
    languages.check(request.endpoint)
    if not declared.for_people:
        permissions.check(declared.permission)
    bodies.check(declared.sent.method, declared.sent.examples)
    request.max_content_length = request.max_form_memory_size = declared.sent.limit
    g.format = _format(declared)
    parameters.check_known(request.args, declared.parameters, declared.open_ended)
    if declared.for_people and (answer := _admit_person(declared)):
        return answer
    return state.answer_early() if declared.caching is not Caching.NO_STORE else None


def _admit_person(declared: Declared) -> Response | None:
    is_form = declared.sent.method != "GET" and not declared.sent.has_key
    return signed_in.admit(declared.permission, declared.caching, is_form)


def _format(declared: Declared) -> negotiation.Format:
    """The format to answer in: the one that a parameter names, where the view has it, or as is negotiated."""
    formats = declared.answer.formats
    if negotiation.NAMED in declared.parameters and negotiation.NAMED in request.args:
        return negotiation.choose_named(formats, request.args[negotiation.NAMED])
    return negotiation.choose(formats, request.environ.get(paths.SUFFIX), request.headers.get("Accept", ""))


def finish(response: Response) -> Response:
    """Give the answer the headers that its view's declaration and this service's policies ask for."""
    declared = declared_of(request.endpoint)
    caching.apply(response, declared.caching if declared else None)
    if declared and len(declared.answer.formats) > 1 and not request.environ.get(paths.SUFFIX):
        response.vary.add("Accept")
    state.describe(response)
    memory.may_be_kept(response, declared.caching if declared else None)
    signed_in.finish(response)
    deprecation.apply(response, declared.deprecated if declared else None)
    return response
