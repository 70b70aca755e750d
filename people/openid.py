"""Signing in at an OpenID provider: the authorization code flow, with PKCE, a state and a nonce.

    the way there (`begin`)  ──▶  the provider asks the person  ──▶  the way back, with a code (`finish`)

What the way back is held against (`Flow`) stays with the browser in between. `finish` changes the code for an ID token,
and believes that when one of the provider's published keys signed it, for this service, just now, with our nonce
(OpenID Connect Core §3.1.3.7). What the provider publishes about itself is read each time, so keys that it has replaced
are believed no longer.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from registers.errors import Forbidden, Unavailable
from registers.settings import is_safe_url

DISCOVERY = "/.well-known/openid-configuration"
SCOPE = "openid profile email"
PATIENCE = (3, 10)  # seconds until there is a connection, and between two pieces of an answer
LEEWAY = 60  # seconds that the provider's clock may differ from ours
LONGEST_SUBJECT = 255  # characters, OpenID Connect Core §2
# Signatures that only the provider can make: none with a secret that this service has too.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider, and who this service is to it. Without a secret it is a public client."""

    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class Flow:
    """What the way back has to agree with. `verifier` shows that both ways are this browser's (RFC 7636)."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says of who signed in. An `email` is one that it has verified; empty where there is none."""

    issuer: str
    subject: str
    name: str
    email: str


def begin(provider: Provider, back: str) -> tuple[str, Flow]:
    """The URL of the provider to send a browser to, and what it is to bring back to the URL `back`.

    Raises Unavailable when the provider cannot be reached, or is not what it should be.
    """
    flow = Flow(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    with _session(provider, back) as session:
        published = _discover(provider, session)
        where = published["authorization_endpoint"]
        url, _ = session.create_authorization_url(where, flow.state, flow.verifier, nonce=flow.nonce)
    return str(url), flow


def finish(provider: Provider, back: str, flow: Flow, code: str, now: int) -> Claims:
    """Who the provider says has come back with a code.

    Raises Forbidden for a code that it does not take (one that was used before, say) and for an ID token that does not
    hold; Unavailable when it cannot be reached.
    """
    with _session(provider, back) as session:
        published = _discover(provider, session)
        session.token_endpoint_auth_method = _way_to_show_secret(provider, published)
        try:
            token = session.fetch_token(
                published["token_endpoint"], code=code, code_verifier=flow.verifier, allow_redirects=False
            )
            claims = _verify(provider, flow, token, _keys(session, published), now)
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            raise Forbidden(f"what the provider answered does not hold: {_kind(error)}") from error
        except requests.RequestException as error:
            raise _unreachable(provider) from error
        return _read(provider, claims, _about(session, published, claims))


def _session(provider: Provider, back: str) -> OAuth2Session:
    return OAuth2Session(
        provider.client_id,
        provider.client_secret or None,
        scope=SCOPE,
        redirect_uri=back,
        code_challenge_method="S256",
        default_timeout=PATIENCE,
    )


def _discover(provider: Provider, session: OAuth2Session) -> Mapping[str, Any]:
    """What the provider publishes about itself (OpenID Connect Discovery §4). Raises Unavailable."""
    published = _get(provider, session, provider.issuer.rstrip("/") + DISCOVERY)
    if published.get("issuer") != provider.issuer:
        raise Unavailable(f"the OpenID provider at {provider.issuer} says that it is another")
    for name in ENDPOINTS:
        if not is_safe_url(str(published.get(name, ""))):
            raise Unavailable(f"the OpenID provider {provider.issuer} names no {name} that is safe to use")
    return published


def _get(provider: Provider, session: OAuth2Session, url: str) -> dict[str, Any]:
    """A JSON object that a provider publishes. Raises Unavailable."""
    try:
        answer = session.get(url, withhold_token=True, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError) as error:
        raise _unreachable(provider) from error
    if not isinstance(found, dict):
        raise _unreachable(provider)
    return found


def _keys(session: OAuth2Session, published: Mapping[str, Any]) -> KeySet:
    answer = session.get(published["jwks_uri"], withhold_token=True, allow_redirects=False)
    answer.raise_for_status()
    return KeySet.import_key_set(answer.json())


def _verify(provider: Provider, flow: Flow, token: Mapping[str, Any], keys: KeySet, now: int) -> CodeIDToken:
    signed = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS)
    options = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        "nonce": {"essential": True, "value": flow.nonce},
    }
    params = {"nonce": flow.nonce, "client_id": provider.client_id, "access_token": token.get("access_token")}
    claims = CodeIDToken(signed.claims, signed.header, options, params)
    claims.validate(now, LEEWAY)
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise ValueError("the subject is no subject")
    return claims


def _about(session: OAuth2Session, published: Mapping[str, Any], claims: CodeIDToken) -> Mapping[str, Any]:
    """The claims about the person, which many providers tell at an endpoint (§5.3) and not in the token."""
    known: Mapping[str, Any] = claims
    where = published.get("userinfo_endpoint")
    if "email" in known or not isinstance(where, str) or not is_safe_url(where):
        return known
    try:
        answer = session.get(where, allow_redirects=False)
        told = answer.json() if answer.status_code == 200 else {}
    except (requests.RequestException, AuthlibBaseError, ValueError):
        return known  # who it is, is known; what they are called can be left out
    return told if isinstance(told, dict) and told.get("sub") == known["sub"] else known


def _read(provider: Provider, claims: CodeIDToken, about: Mapping[str, Any]) -> Claims:
    name = next((about[each] for each in ("name", "preferred_username") if isinstance(about.get(each), str)), "")
    email = about.get("email")
    is_verified = isinstance(email, str) and about.get("email_verified") is True
    return Claims(provider.issuer, claims["sub"], name, str(email) if is_verified else "")


def _way_to_show_secret(provider: Provider, published: Mapping[str, Any]) -> str:
    if not provider.client_secret:
        return "none"
    known = published.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"


def _unreachable(provider: Provider) -> Unavailable:
    return Unavailable(f"the OpenID provider {provider.issuer} cannot be reached, or does not answer as one")


def _kind(error: Exception) -> str:
    """What kind of error it is, without what may stand in it."""
    known = getattr(error, "error", None)
    return known if isinstance(known, str) else type(error).__name__
