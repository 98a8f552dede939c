"""Callers of the API for tests: whoever is needed, already logged in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
from starlette.applications import Starlette

from tocsin.node.api.app import create_app
from tocsin.node.api.context import ApiContext
from tocsin.node.api.endpoint import Endpoint
from tocsin.node.people import seal, sessions, tokens
from tocsin.node.people.accounts import Account, Role
from tocsin.node.people.desk import Desk, now_us
from tocsin.node.people.login import TOTP_CONTEXT
from tocsin.node.people.sessions import Form, Session
from tocsin.node.people.tokens import Scope, Token
from tocsin.node.store import people as rows

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass
class Api:
    """An application with its desk; calls it like a client would."""

    desk: Desk
    context: ApiContext
    app: Starlette
    made: int = field(default=0)

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        async def called() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=("192.0.2.1", 50_000))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, headers=headers, **more)

        return anyio.run(called)

    def account(self, role: Role, *, must_change: bool = False, totp: bool = True, **more: Any) -> Account:
        """An account of that role in that state."""
        self.made += 1
        account = Account(
            f"{self.made:016x}", f"person{self.made}", role, True, now_us(), must_change=must_change, **more
        )
        sealed = seal.seal(self.desk.keys.sealing, TOTP_CONTEXT.format(account.id), TOTP_SECRET.encode())
        with self.desk.store.write() as connection:
            rows.add_account(connection, account, None, 0)
            if totp:
                rows.set_account(connection, account.id, {"totp": sealed})
            return rows.account(connection, account.id)

    def session(self, account: Account, form: Form = Form.BEARER) -> str:
        """The secret of a new session."""
        secret, moment = sessions.new_secret(), now_us()
        session = Session(sessions.digest_of(secret), account.id, form, moment, moment)
        with self.desk.store.write() as connection:
            rows.add_session(connection, session)
        return secret

    def person(self, role: Role, **state: Any) -> dict[str, str]:
        """The headers of a person of that role."""
        return bearer(self.session(self.account(role, **state)))

    def machine(self, *scopes: Scope, organisation: str = "examplia") -> dict[str, str]:
        """The headers of a machine with those scopes."""
        token_id, moment = tokens.new_id(), now_us()
        secret = tokens.new_secret(token_id)
        token = Token(token_id, "t", frozenset(scopes), organisation, "office", "s", moment, "", moment + 3_600_000_000)
        with self.desk.store.write() as connection:
            rows.add_token(connection, token, tokens.mac_of(self.desk.keys.tokens, secret))
        return bearer(secret)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def api_of(desk: Desk, more: tuple[Endpoint, ...] = (), **context: Any) -> Api:
    made = ApiContext(desk, **context)
    return Api(desk, made, create_app(made, more))


Maker = Callable[..., Api]
