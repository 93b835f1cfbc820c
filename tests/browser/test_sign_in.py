"""Signing in with OpenID Connect, in a real browser, against a provider that these tests are themselves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser
from serving import Server
from walking import Walker

pytest.importorskip("authlib", reason="needs Authlib: pip install 'labelaudit[signin]'")
from joserfc import jwk, jwt

CLIENT = "labelaudit"


class Provider(ThreadingHTTPServer):
    """Signs everybody in as who `claims` says, without asking."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://localhost:{self.server_port}"
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "1"})
        self.nonces: dict[str, str] = {}
        self.claims: dict[str, Any] = {"sub": "7", "name": "Ann"}

    def id_token(self, code: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": self.nonces.pop(code)}
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.claims, self.key)


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == "/authorize":
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            code = f"code-{len(self.server.nonces)}"
            self.server.nonces[code] = query["nonce"]
            self.send_response(302)
            self.send_header(
                "Location", f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
            )
            self.end_headers()
        elif asked.path == "/keys":
            self._json({"keys": [self.server.key.as_dict(private=False)]})
        else:
            url = self.server.url
            self._json(
                {
                    "issuer": url,
                    "authorization_endpoint": f"{url}/authorize",
                    "token_endpoint": f"{url}/token",
                    "jwks_uri": f"{url}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        token = self.server.id_token(sent["code"][0])
        self._json({"access_token": "none", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def _json(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def signing_in(tmp_path: Path, root: Path, provider: Provider) -> Iterator[Server]:
    """The dashboard of a team that signs in: one workspace for all."""
    server = Server(root, tmp_path)
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text(
        f'[auth]\nredirect_uri = "{server.url}/oauth2callback"\ncookie_secret = "{"s" * 40}"\n'
        f'client_id = "{CLIENT}"\nclient_secret = "secret"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
    server.settings["HOME"] = str(tmp_path)
    server.start()
    yield server
    server.stop()
    log = server.log.read_text(encoding="utf-8")
    assert "Traceback" not in log, log


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": "ann@example.org"}, "ann@example.org"),
        ({"email": "eve@x.org", "email_verified": False}, "7@localhost"),
    ],
)
def test_who_signs_in_reviews_under_a_name_that_nobody_can_type(
    signing_in: Server, provider: Provider, browser: Browser, claims: dict[str, Any], name: str
) -> None:
    provider.claims |= claims
    walker = Walker(signing_in, browser)
    page = walker.page
    page.goto(signing_in.url)
    who = page.locator(".st-key-who button").first
    who.click()
    page.get_by_label("You review as").fill("typed")
    page.get_by_label("You review as").press("Enter")
    page.locator(".st-key-who button", has_text="typed").wait_for()
    page.reload()
    page.locator(".st-key-who button", has_text="typed").click()
    page.get_by_role("button", name="Sign in").click()
    page.locator(".st-key-who button", has_text=name).click()
    page.get_by_role("button", name="Sign out").click()
    page.locator(".st-key-who button", has_text="typed").wait_for()
    walker.close()
