"""Which options are there?

The table of them and their ini twins; loaded into every run of pytest, so next to nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

MOCK = "mock"

# name, kind, help. Each is --contract-NAME on the command line and contract_NAME in the ini file;
# the command line wins.
OPTIONS: tuple[tuple[str, str, str], ...] = (
    (
        "target",
        "text",
        "where the requests go: a URL, MODULE:APP for an ASGI or WSGI application in this process, "
        "fixture:NAME for what a fixture gives of these, or mock for the embedded service",
    ),
    (
        "start",
        "text",
        "command that starts the service on this machine: the run waits until it answers, and "
        "stops it at the end",
    ),
    (
        "start-timeout",
        "float",
        "seconds in which the service, or the lifespan of an application, must have started (30)",
    ),
    ("spec", "list", "document to hold the target to: a bundled name or a file (repeatable)"),
    (
        "overlay",
        "list",
        "OpenAPI Overlay: what it adds to a document that one does not own (repeatable)",
    ),
    (
        "operation",
        "list",
        "hold only these operations: operationId, or METHOD /path, with * as a wildcard; "
        "!PATTERN leaves out (repeatable)",
    ),
    (
        "allow",
        "list",
        "POST or DELETE operations that may be sent off loopback, named as by "
        "--contract-operation (repeatable)",
    ),
    (
        "param",
        "list",
        "NAME=VALUE: a parameter; in the path, the resource that may be changed; "
        "OPERATION::NAME=VALUE for one operation (repeatable)",
    ),
    (
        "pin",
        "list",
        "POINTER=VALUE: a fixed value in every valid body; "
        "VALUE is JSON, text, or env:NAME (repeatable)",
    ),
    ("max-examples", "int", "generated bodies per probe (100; of broken ones a tenth)"),
    (
        "sequences",
        "int",
        "sequences of requests that are drawn of each resource that the run makes "
        "(20 on loopback, else none)",
    ),
    ("seed", "int", "seed of the generated bodies and sequences (0), or random"),
    (
        "budget",
        "int",
        "hard cap on requests for the run "
        "(600 a document off loopback, else none, and 450 an operation)",
    ),
    ("rate", "float", "requests a second (5 off loopback, else unlimited)"),
    (
        "concurrency",
        "int",
        "requests in flight where their order does not matter (4 off loopback, else 1)",
    ),
    ("timeout", "float", "seconds a request may take (10)"),
    (
        "header",
        "list",
        "NAME=VALUE: a header that goes with every request; VALUE may be env:NAME, and is redacted "
        "then (repeatable)",
    ),
    ("ca-bundle", "text", "certificates to believe in the place of the usual ones: a PEM file"),
    (
        "client-cert",
        "text",
        "certificate to show to the target: a PEM file with its key, or CERT,KEY",
    ),
    (
        "proxy",
        "text",
        "proxy to send through: a URL, or env:NAME that holds it; the environment's is not used",
    ),
    ("throttle", "bool", "exhaust the rate limit, to see the 429 (always for mock)"),
    (
        "allow-host",
        "list",
        "HOST[:PORT]: another host that may be sent to, "
        "by default at its scheme's own port (repeatable)",
    ),
    ("insecure", "bool", "allow credentials over plain http off loopback"),
    ("plan", "bool", "print what would be sent, send nothing"),
    (
        "waivers",
        "text",
        "TOML file of known failures, each with clause, reason, owner and expiry date",
    ),
    (
        "waivers-update",
        "bool",
        "write the failures of this run into the waivers file, for a human to complete",
    ),
    ("report", "text", "folder to write the reports into"),
    ("fail-under", "float", "per cent of the clauses that must have been exercised (0)"),
    ("strict", "bool", "broken SHOULD clauses fail too"),
    (
        "prove",
        "mode",
        "mutation testing of the gate itself: break each clause in the embedded service, and show "
        "that the gate notices (with mock)",
    ),
)
# What an option of the kind "mode" may be set to, and what that adds to it.
MODES = {"prove": {"matrix": "the same, and every other clause that each mutation turns red"}}
# What `--help` calls the value of an option.
METAVARS = {
    "target": "URL",
    "start": "COMMAND",
    "start-timeout": "SECONDS",
    "spec": "DOCUMENT",
    "overlay": "FILE",
    "operation": "PATTERN",
    "allow": "PATTERN",
    "param": "NAME=VALUE",
    "pin": "POINTER=VALUE",
    "max-examples": "COUNT",
    "sequences": "COUNT",
    "seed": "NUMBER",
    "budget": "REQUESTS",
    "rate": "PER_SECOND",
    "concurrency": "COUNT",
    "timeout": "SECONDS",
    "header": "NAME=VALUE",
    "ca-bundle": "FILE",
    "client-cert": "FILE[,FILE]",
    "proxy": "URL",
    "allow-host": "HOST[:PORT]",
    "waivers": "FILE",
    "report": "FOLDER",
    "fail-under": "PERCENT",
}
INI_KINDS = {
    "text": "string",
    "list": "linelist",
    "int": "string",
    "float": "string",
    "bool": "bool",
    "mode": "string",
}


# What argparse is told of an option of each kind.
ARGUMENTS: dict[str, dict[str, str]] = {
    "text": {"metavar": "VALUE"},
    "list": {"metavar": "VALUE", "action": "append"},
    "int": {"metavar": "VALUE"},
    "float": {"metavar": "VALUE"},
    "bool": {"action": "store_true"},
    "mode": {"action": "store_const", "const": "true"},
}


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and its ini twin."""
    group = parser.getgroup("contracts", "API contracts")
    for name, kind, told in OPTIONS:
        ini_key = _ini_key(name)
        arguments: Any = dict(ARGUMENTS[kind])
        if name in METAVARS:
            arguments["metavar"] = METAVARS[name]
        group.addoption(f"--contract-{name}", dest=ini_key, default=None, help=told, **arguments)
        # Options of their own: one with a value that may be left out would take the next argument.
        for mode, adds in MODES.get(name, {}).items():
            group.addoption(
                f"--contract-{name}={mode}",
                dest=ini_key,
                default=None,
                action="store_const",
                const=mode,
                help=adds,
            )
        parser.addini(ini_key, told, type=INI_KINDS[kind], default=None)  # type: ignore[arg-type]


def option_value(config: pytest.Config, name: str) -> Any:
    """Return what was given for *name*: on the command line, else in the ini file, else None."""
    ini_key = _ini_key(name)
    given = config.getoption(ini_key, default=None)
    if given is None:
        return config.getini(ini_key)
    return given


def option_without_target(config: pytest.Config) -> str:
    """Return the first of our options that was typed though no target is named, ``""`` for none.

    What stands in an ini file, ``addopts`` too, may wait there for a target.
    """
    if option_value(config, "target"):
        return ""
    for argument in config.invocation_params.args:
        name, _, _ = str(argument).partition("=")
        if name.startswith("--contract-"):
            return name
    return ""


def _ini_key(name: str) -> str:
    """Return the ini key of an option, which is the attribute of `config.option` too."""
    return f"contract_{name.replace('-', '_')}"
