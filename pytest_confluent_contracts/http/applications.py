"""Which application is meant by ``module:app``, and is it one?

A name leads to a module and on by attributes, ``()`` behind it calls what it leads to, and a path
behind that stands before each documented one: ``shop.web:create_app()/api/v1``.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.http.raised import TargetUnusable, told_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_confluent_contracts.http.in_process import Hosted

# Where the requests go, as far as they and the application know: a name of this machine that hosts
# of a framework's development mode allow.
APPLICATION_URL = "http://localhost"

NAMES = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
NAMED = re.compile(rf"(?P<module>{NAMES}):(?P<attributes>{NAMES})(?P<call>\(\))?(?P<prefix>/\S*)?")
# How many values a server hands to an application: scope, receive, send; environ, start_response.
OF_ASGI, OF_WSGI = 3, 2


@dataclass(frozen=True, slots=True)
class ApplicationName:
    """What ``module:app`` says: where the application is, and what stands before its paths."""

    written: str
    module: str
    attributes: str
    is_factory: bool
    prefix: str


def parse_name(written: str) -> ApplicationName | None:
    """Return what *written* names, None where it is no ``module:app``."""
    found = NAMED.fullmatch(written)
    if found is None:
        return None
    return ApplicationName(
        written=written,
        module=found["module"],
        attributes=found["attributes"],
        is_factory=bool(found["call"]),
        prefix=(found["prefix"] or "").rstrip("/"),
    )


def load_application(name: ApplicationName) -> Any:
    """Return the application that *name* leads to; raise `TargetUnusable` where it is none."""
    option = f"--contract-target={name.written}"
    found: Any = _imported(name, option)
    led = name.module
    for attribute in name.attributes.split("."):
        if not hasattr(found, attribute):
            raise TargetUnusable(f"{option}: {led} has no {attribute!r}{_near(found)}")
        found, led = getattr(found, attribute), f"{led}.{attribute}"
    if name.is_factory:
        found = _called(found, f"{option}: {name.attributes}()")
    check_application(found, option)
    return found


def _imported(name: ApplicationName, option: str) -> Any:
    try:
        return importlib.import_module(name.module)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not f"{name.module}.".startswith(f"{missing}."):
            raise TargetUnusable(f"{option}: importing it raised {told_error(error)}") from None
        folders = "the folder of the run, the root folder and what Python imports from"
        told = f"there is no module {missing!r} in {folders}"
        raise TargetUnusable(f"{option}: {told}; run there, or set pythonpath") from None
    except (Exception, SystemExit) as error:
        raise TargetUnusable(f"{option}: importing it raised {told_error(error)}") from None


def _near(found: Any) -> str:
    """Return what *found* has that is an application, told behind a complaint."""
    known: list[str] = []
    for name, one in getattr(found, "__dict__", {}).items():
        if not name.startswith("_") and _kind_of(one) is not None:
            known.append(name)
    if not known:
        return ""
    return f"; it has {', '.join(sorted(known))}"


def _called(factory: Any, told: str) -> Any:
    if not callable(factory):
        raise TargetUnusable(f"{told}: it cannot be called; leave out the ()")
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise TargetUnusable(f"{told} raised {told_error(error)}") from None


def check_application(found: Any, told: str) -> None:
    """Raise `TargetUnusable` unless *found* is an application; *told* says who named it."""
    if _kind_of(found) is not None:
        return
    what = f"{told}: this {type(found).__name__} is neither an ASGI nor a WSGI application"
    if inspect.iscoroutine(found):
        found.close()
        raise TargetUnusable(f"{what}; give a factory that is no coroutine")
    if callable(found) and _required_parameters(found) == 0:
        raise TargetUnusable(f"{what}; where it makes one, write () behind its name")
    raise TargetUnusable(f"{what}; name what a server is given")


def host_of(application: Any, name: str, startup_s: float) -> Hosted:
    """Return what runs *application* in this process; *name* is told where something is wrong."""
    from pytest_confluent_contracts.http.asgi import AsgiHost
    from pytest_confluent_contracts.http.wsgi import WsgiHost

    if _kind_of(application) == OF_ASGI:
        return AsgiHost(application, name, startup_s)
    return WsgiHost(application, name)


def _kind_of(found: Any) -> int | None:
    """Return `OF_ASGI` or `OF_WSGI`, None where *found* is no application.

    What is awaited is one of ASGI; else the number of values that it asks for tells.
    """
    if not callable(found) or inspect.isclass(found):
        return None
    if inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(_call_of(found)):
        return OF_ASGI if _takes(found, OF_ASGI) else None
    required = _required_parameters(found)
    if required in (OF_ASGI, OF_WSGI):
        return required
    return OF_WSGI if required is None and _takes(found, OF_WSGI) else None


def _call_of(found: Callable[..., Any]) -> Any:
    return getattr(found, "__call__", None)  # noqa: B004 - not whether it can be called


def _takes(found: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(found).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _required_parameters(found: Callable[..., Any]) -> int | None:
    """Return how many values *found* must be given, None where that cannot be told."""
    try:
        parameters: Sequence[inspect.Parameter] = [*inspect.signature(found).parameters.values()]
    except (TypeError, ValueError):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters):
        return None
    asked = [one for one in parameters if one.default is inspect.Parameter.empty]
    return sum(one.kind in positional for one in asked)


def import_from(folders: Sequence[str]) -> Callable[[], None]:
    """Let modules be imported from *folders* before all else; return what ends that.

    That is where ``python -m`` imports from, and plain ``pytest`` does not.
    """
    added = [folder for folder in folders if folder not in sys.path]
    sys.path[:0] = added

    def end() -> None:
        for folder in added:
            if folder in sys.path:
                sys.path.remove(folder)

    return end
