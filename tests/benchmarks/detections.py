"""What does the gate notice that another tool does not, and at what cost? ``python tests/benchmarks/detections.py``.

Holds three whole APIs over HTTP, each once as it should be and then with one planted bug at a time, by the gate and by
``schemathesis run`` in turns, and prints a table. Each service is new for each run, and both tools get the same one.
Of one run the next knows what pytest's cache keeps: what the gate has drawn, in the first of each API.
A bug is noticed where a tool fails with what it does not fail with on the service as it should be: for the gate
a clause of an operation, for schemathesis a kind of failure of an operation. Warnings of either count for neither.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import faulty_accounts  # noqa: E402
import faulty_keys  # noqa: E402
import faulty_lives  # noqa: E402
import faulty_parts  # noqa: E402
import faulty_warehouses  # noqa: E402
import run as bench  # noqa: E402
import test_warehouse  # noqa: E402
import warehouse_service  # noqa: E402
import whole_services  # noqa: E402
from faulty_basics import basics  # noqa: E402
from observing import LOG  # noqa: E402
from running import CODE, RealClock, serving  # noqa: E402

Handle = Callable[[str, str, dict[str, str], bytes], Any]
APIS = HERE.parent / "apis"
SEED, LOT, BASELINES = 0, 30, 2
# What faulty services rest on, and are not faulty themselves.
RESTED_ON = frozenset({"Keys", "ManyKeys", "Listing", "Rewriting"})
DEADLINE_S = 600.0  # of one run of a tool
MOST_REQUESTS = 30_000  # of one run: then the service answers 503
TOML = """
[generation]
mode = "all"
database = "none"

[phases.stateful.inference]
algorithms = ["location-headers", "dependency-analysis"]
{auth}"""


@dataclass(frozen=True, slots=True)
class Api:
    """An API: its document, how its service is made (without an argument, or with a planted bug's name), and who may ask."""

    name: str
    document: Path
    operations: int
    bugs: dict[str, Callable[[], Handle]]
    sound: Callable[[], Handle]
    environment: dict[str, str]
    auth: str  # of schemathesis.toml


@dataclass(frozen=True, slots=True)
class Limits:
    """How much both tools do: examples of each operation, and which operations (all, where none is named).

    The gate keeps what it has drawn in the folder ``cache`` for the next run, in none for ``""``.
    """

    examples: int
    operations: tuple[str, ...] = ()
    baselines: int = BASELINES  # runs on the service as it should be
    cache: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What one run of a tool on one service came to: kinds of failures, of warnings, and what it cost."""

    failed: list[str]
    warned: list[str]
    requests: int
    seconds: float
    cpu: float
    code: int
    checks: int = 0  # clauses, or cases that were checked


@dataclass(slots=True)
class Sums:
    """What a tool did on one API: on the service as it should be, and what it noticed of the bugs."""

    sound: list[Held] = field(default_factory=list)
    bugs: dict[str, Held] = field(default_factory=dict)

    @property
    def noise(self) -> set[str]:
        """Return the failures on the service as it should be."""
        return {kind for one in self.sound for kind in one.failed}

    def noticed(self) -> list[str]:
        """Return the bugs that failed with what is no noise."""
        return [name for name, held in self.bugs.items() if set(held.failed) - self.noise]

    def seconds(self) -> float:
        """Return the seconds of all runs, on average."""
        return statistics.fmean(one.seconds for one in self._runs)

    def requests(self) -> float:
        """Return the requests of all runs, on average."""
        return statistics.fmean(one.requests for one in self._runs)

    @property
    def _runs(self) -> list[Held]:
        return [*self.sound, *self.bugs.values()]


# --- the APIs --------------------------------------------------------------------------------------------------------


def of_whole(make: Callable[[], whole_services.WholeService]) -> Callable[[], Handle]:
    """Return what makes the handle of a service of a bundled document."""
    return lambda: make().respond


def of_warehouse(kind: type[warehouse_service.Warehouse]) -> Callable[[], Handle]:
    """Return what makes the handle of a warehouse that packs at once."""
    choices = warehouse_service.WarehouseChoices(packs_in=0.0)
    return lambda: warehouse_service.as_handle(kind(choices, RealClock()))


def classes_in(modules: Sequence[Any], base: type) -> dict[str, Any]:
    """Return the faulty services of one kind that *modules* have, by their names, without those that others rest on."""
    found = {
        name: one
        for module in modules
        for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, base) and one.__module__ == module.__name__
    }
    return {name: one for name, one in found.items() if name not in RESTED_ON}


def bundled(name: str, base: Any, modules: Sequence[Any], auth: str, many: int) -> Api:
    """Return a bundled API, whose faults stand in *modules*."""
    faults = {**classes_in(modules, base), **basics(base)}
    return Api(
        name,
        bench.SPECS / f"{name}.yaml",
        many,
        {one: of_whole(made) for one, made in faults.items()},
        of_whole(base),
        whole_services.CREDENTIALS,
        auth,
    )


def every_api() -> list[Api]:
    """Return the three APIs."""
    given = whole_services.CREDENTIALS
    keys = bundled(
        "confluent-api-keys",
        whole_services.KeyService,
        (faulty_keys, faulty_lives),
        "[auth.openapi.cloud-api-key]\n"
        f'username = "{given["CONFLUENT_CLOUD_API_KEY"]}"\n'
        f'password = "{given["CONFLUENT_CLOUD_API_SECRET"]}"\n'
        "[auth.openapi.confluent-sts-access-token]\n"
        f'bearer = "{given["CONFLUENT_CLOUD_ACCESS_TOKEN"]}"\n',
        5,
    )
    accounts = bundled(
        "datadog-confluent-cloud",
        whole_services.AccountService,
        (faulty_accounts, faulty_lives),
        f'[auth.openapi.apiKeyAuth]\napi_key = "{given["DD_API_KEY"]}"\n'
        f'[auth.openapi.appKeyAuth]\napi_key = "{given["DD_APP_KEY"]}"\n',
        10,
    )
    faults = classes_in(
        (test_warehouse, faulty_warehouses, faulty_parts), warehouse_service.Warehouse
    )
    warehouse = Api(
        "warehouse",
        APIS / "warehouse.yaml",
        17,
        {name: of_warehouse(kind) for name, kind in faults.items()},
        of_warehouse(warehouse_service.Warehouse),
        warehouse_service.ENVIRONMENT,
        f'[auth.openapi.key]\napi_key = "{warehouse_service.SECRET}"\n',
    )
    return [keys, accounts, warehouse]


def drawn(api: Api, many: int) -> list[str]:
    """Return so many of the API's bugs, drawn with the seed; all for 0."""
    names = sorted(api.bugs)
    random.Random(SEED).shuffle(names)
    return names[: many or None]


# --- one run ---------------------------------------------------------------------------------------------------------


class Counted:
    """A handle that counts what it is asked, up to a bound."""

    def __init__(self, handle: Handle) -> None:
        self.handle, self.asked, self.lock = handle, 0, threading.Lock()

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        """Answer, or say that it is enough."""
        with self.lock:
            self.asked += 1
        if self.asked > MOST_REQUESTS:
            return 503, [], b""
        return self.handle(method, path, headers, body)


def by_gate(api: Api, handle: Handle, limits: Limits) -> Held:
    """Hold the service by the gate, as the README says."""
    with tempfile.TemporaryDirectory() as folder, serving(counted := Counted(handle)) as url:
        cache = limits.cache or str(Path(folder) / ".pytest_cache")
        log = Path(folder) / "told.jsonl"
        shutil.copy(api.document, folder)
        given = api.environment | {LOG: str(log), "PYTHONPATH": CODE}
        command = (
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "observing",
            "-o",
            f"cache_dir={cache}",
            f"--contract-target={url}",
            f"--contract-spec={api.document.name}",
            f"--contract-max-examples={limits.examples}",
            f"--contract-seed={SEED}",
            *(f"--contract-operation={one}" for one in limits.operations),
        )
        cost = bench.run(*command, folder=folder, given=given, deadline=DEADLINE_S)
        told = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    failed = {one["id"].partition("::")[2] for one in told if one["outcome"] == "failed"}
    verdicts = {one["id"].partition("::")[2]: one["contract"] for one in told if one["contract"]}
    warned = [id for id, verdict in verdicts.items() if verdict["verdict"] == "warned"]
    return held(failed, warned, counted, cost, len(verdicts))


def by_schemathesis(api: Api, handle: Handle, limits: Limits) -> Held:
    """Hold the service by ``schemathesis run``: all checks, all phases, links inferred, to the end."""
    with tempfile.TemporaryDirectory() as folder, serving(counted := Counted(handle)) as url:
        (Path(folder) / "schemathesis.toml").write_text(TOML.format(auth=api.auth), "utf-8")
        report = Path(folder) / "report.json"
        command = (
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            str(api.document),
            f"--url={url}",
            "--checks=all",
            "--phases=examples,coverage,fuzzing,stateful",
            "--continue-on-failure",
            f"--max-examples={limits.examples}",
            f"--seed={SEED}",
            "--no-color",
            "--report=json",
            f"--report-json-path={report}",
            *(f"--include-operation-id={one}" for one in limits.operations),
        )
        cost = bench.run(*command, folder=folder, deadline=DEADLINE_S)
        told = json.loads(report.read_text("utf-8")) if report.exists() else {}
    failed = set(kinds_of(told.get("failures", ())))
    failed |= {f"error: {one.get('type')}" for one in told.get("errors", ())}
    warned = [f"{kind} {one}" for kind, many in told.get("warnings", {}).items() for one in many]
    checks = told.get("test_cases", {}).get("generated", 0)
    return held(failed, warned, counted, cost, checks)


def held(
    failed: Iterable[str], warned: Iterable[str], counted: Counted, cost: bench.Cost, checks: int
) -> Held:
    """Return what a run came to that failed, and warned, of these kinds."""
    return Held(
        sorted(failed),
        sorted(warned),
        counted.asked,
        cost.wall,
        cost.cpu,
        cost.code,
        checks,
    )


def kinds_of(failures: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield each kind of failure with its operation."""
    for failure in failures:
        for operation in failure["operations"]:
            yield f"{operation}: {failure['type']}"


TOOLS = {"gate": by_gate, "schemathesis": by_schemathesis}
Results = dict[str, dict[str, Sums]]


def hold_all(
    apis: Sequence[Api],
    lots: dict[str, list[str]],
    limits: Limits,
    results: Results,
    keep: Callable[[], object],
) -> None:
    """Hold each API by both tools, in turns, and add to *results* what is not there yet; *keep* is called after each step."""
    for api in apis:
        sums = results.setdefault(api.name, {tool: Sums() for tool in TOOLS})
        while len(sums["gate"].sound) < limits.baselines:
            for tool, hold in TOOLS.items():
                sums[tool].sound.append(hold(api, api.sound(), limits))
            keep()
        missing = [name for name in lots[api.name] if name not in sums["gate"].bugs]
        for name in missing:
            # Neither is always the first: a machine may be busier at one time than at another.
            turns = list(TOOLS) if len(sums["gate"].bugs) % 2 else list(reversed(TOOLS))
            for tool in turns:
                sums[tool].bugs[name] = TOOLS[tool](api, api.bugs[name](), limits)
            keep()


def write_results(results: Results, file: Path) -> None:
    """Write what each run told into *file*."""
    told = {api: {tool: asdict(one) for tool, one in two.items()} for api, two in results.items()}
    file.write_text(json.dumps(told, indent=1), "utf-8")


def read_results(files: Sequence[Path]) -> Results:
    """Return what the runs told that *files* tell of, as `write_results` wrote them."""
    results: Results = {}
    for file in files:
        for api, two in json.loads(file.read_text("utf-8")).items():
            results[api] = {tool: sums_of(told) for tool, told in two.items()}
    return results


def sums_of(told: dict[str, Any]) -> Sums:
    """Return the sums that `asdict` told."""
    bugs = {name: Held(**one) for name, one in told["bugs"].items()}
    return Sums([Held(**one) for one in told["sound"]], bugs)


# --- the table -------------------------------------------------------------------------------------------------------

HEAD = """\
| API | operations | held by | requests | seconds | clauses or cases | false alarms | bugs | noticed |
|---|---|---|---|---|---|---|---|---|"""


def table(apis: Sequence[Api], results: Results) -> Iterator[str]:
    """Yield the lines of the table: requests and seconds of a run on average, and the sums of all APIs."""
    yield HEAD
    for api in apis:
        for tool, sums in results[api.name].items():
            told = (
                api.name,
                api.operations,
                tool,
                round(sums.requests()),
                f"{sums.seconds():.1f}",
                sums.sound[0].checks,
                len(sums.noise),
                len(sums.bugs),
                len(sums.noticed()),
            )
            yield "| " + " | ".join(map(str, told)) + " |"
    yield ""
    yield ratios(results)


def ratios(results: Results) -> str:
    """Return how the gate stands beside schemathesis, over all APIs: what it noticed, and the time of the runs."""
    noticed = {tool: sum(len(one[tool].noticed()) for one in results.values()) for tool in TOOLS}
    seconds = {tool: sum(one[tool].seconds() for one in results.values()) for tool in TOOLS}
    more = noticed["gate"] / max(1, noticed["schemathesis"])
    time = seconds["gate"] / seconds["schemathesis"]
    return (
        f"noticed: {noticed['gate']} and {noticed['schemathesis']}, {more:.2f} times as many; "
        f"time: {time:.2f} of schemathesis"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Hold what is asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", action="append", help="only this one (repeatable)")
    parser.add_argument("--bugs", type=int, default=LOT, help="bugs of each API; 0: all there are")
    parser.add_argument("--only", action="append", default=[], help="only this bug (repeatable)")
    parser.add_argument("--examples", type=int, default=100, help="of each operation")
    parser.add_argument("--operation", action="append", default=[], help="only this operationId")
    parser.add_argument("--baselines", type=int, default=BASELINES, help="runs without a bug")
    parser.add_argument("--json", type=Path, help="a file that keeps what was told, and goes on")
    parser.add_argument("--show", type=Path, nargs="+", help="hold nothing: show these files")
    given = parser.parse_args(arguments)
    named = [one for one in every_api() if not given.api or one.name in given.api]
    kept = [given.json] if given.json and given.json.exists() else []
    results = read_results(given.show or kept)
    if not given.show:
        lots = {one.name: given.only or drawn(one, given.bugs) for one in named}
        keep = partial(write_results, results, given.json) if given.json else list
        with tempfile.TemporaryDirectory() as cache:
            operations = tuple(given.operation)
            limits = Limits(given.examples, operations, given.baselines, cache)
            hold_all(named, lots, limits, results, keep)
    for line in table([one for one in named if one.name in results], results):
        bench.say(line)


if __name__ == "__main__":
    main()
