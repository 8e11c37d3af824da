"""What goes wrong in a service of any kind? Faults that tools which read a document look for first.

Each class is wrong in one thing; `basics` puts it upon a service. What goes wrong in one API alone
stands in the other modules of faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whole_services import Answer, Asked, Refused, WholeService

if TYPE_CHECKING:
    from collections.abc import Callable


class MethodsOpen(WholeService):
    """Answers 200 to methods that the document does not declare."""

    def handled(self, asked: Asked) -> Answer:
        try:
            return super().handled(asked)
        except Refused as refused:
            if refused.status == 405:
                return Answer(200, {})
            raise


class AllowMissing(WholeService):
    """Answers 405 without Allow."""

    def finish(self, asked: Asked, answer: Answer) -> None:
        super().finish(asked, answer)
        answer.headers.pop("Allow", None)


class CrashOnNul(WholeService):
    """Answers 500 where a text has a NUL in it."""

    def handled(self, asked: Asked) -> Answer:
        if b"\\u0000" in asked.body or "%00" in asked.path + asked.query:
            raise Refused(500)
        return super().handled(asked)


class CrashOnLongBody(WholeService):
    """Answers 500 to a body of more than 4 kB."""

    def handled(self, asked: Asked) -> Answer:
        if len(asked.body) > 4096:
            raise Refused(500)
        return super().handled(asked)


class CrashOnQuery(WholeService):
    """Answers 500 where a query asks for what nobody declared."""

    known = ("spec.owner", "spec.resource", "show_expired", "page_size", "page_token")

    def handled(self, asked: Asked) -> Answer:
        names = [pair.partition("=")[0] for pair in asked.query.split("&") if pair]
        if any(name not in self.known for name in names):
            raise Refused(500)
        return super().handled(asked)


class CrashOnList(WholeService):
    """Answers 500 to a body that is a list."""

    def handled(self, asked: Asked) -> Answer:
        if asked.body.startswith(b"["):
            raise Refused(500)
        return super().handled(asked)


class AnyCredentials(WholeService):
    """Takes whoever sends credentials, right or wrong."""

    def check_credentials(self, asked: Asked) -> None:
        if not {"authorization", "dd-api-key", "dd-application-key"} & asked.headers.keys():
            super().check_credentials(asked)


class NoCredentialsToRead(WholeService):
    """Lets anybody read."""

    def check_credentials(self, asked: Asked) -> None:
        if asked.method != "GET":
            super().check_credentials(asked)


class PlainText(WholeService):
    """Calls what it shows a plain text."""

    def finish(self, asked: Asked, answer: Answer) -> None:
        super().finish(asked, answer)
        if answer.status < 300 and answer.payload is not None:
            answer.headers["Content-Type"] = "text/plain"


class Undocumented(WholeService):
    """Answers a read with 203."""

    def handled(self, asked: Asked) -> Answer:
        answer = super().handled(asked)
        if asked.method == "GET":
            answer.status = 203
        return answer


class NumberForId(WholeService):
    """Shows the id of what a read shows as a number."""

    def handled(self, asked: Asked) -> Answer:
        answer = super().handled(asked)
        if asked.method == "GET":
            shown: Any = answer.payload.get("data", answer.payload)
            for one in shown if isinstance(shown, list) else [shown]:
                one["id"] = 7
        return answer


BASICS: tuple[type[WholeService], ...] = (
    MethodsOpen,
    AllowMissing,
    CrashOnNul,
    CrashOnLongBody,
    CrashOnQuery,
    CrashOnList,
    AnyCredentials,
    NoCredentialsToRead,
    PlainText,
    Undocumented,
    NumberForId,
)


def basics(service: Callable[[], WholeService]) -> dict[str, Callable[[], WholeService]]:
    """Return *service*, a class, with each of these faults, by their names."""
    return {one.__name__: type(one.__name__, (one, service), {}) for one in BASICS}  # type: ignore[arg-type]
