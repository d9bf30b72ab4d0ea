"""The OpenAPI document, against the server that it describes."""

import json
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from schemathesis.checks import load_all_checks
from server.client import Client
from server.running import Running, running

from registry.server import create_token
from registry.server.handler import ENDPOINTS
from registry.server.openapi import document, statuses
from registry.server.routes import ROUTES
from registry.stores import MemoryStore

load_all_checks()

# A watch does not end by itself, and what may be written without a token is asked elsewhere.
LEFT_OUT = ("watch", "watchHead")


def test_every_route_has_its_place_and_somebody_who_answers() -> None:
    told = document()
    found = {(method.upper(), path) for path, item in told["paths"].items() for method in item}
    heads = {("HEAD", route.path) for route in ROUTES if route.method == "GET"}
    assert found == {(route.method, route.path) for route in ROUTES} | heads
    assert set(ENDPOINTS) == {route.operation for route in ROUTES}
    for schema in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert all(len(statuses(route)) >= 4 for route in ROUTES)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Running, str]]:
    file = tmp_path / "tokens.json"
    _, token = create_token(file, "tests", ["*:admin"])
    with MemoryStore() as store, running(store, token_file=file) as served:
        yield served, token


def violations(
    served: Running, token: str, told: dict[str, Any], examples: int, only: Container[str] | None = None
) -> list[str]:
    """What the server does that its contract does not say."""
    found: list[str] = []
    schema = schemathesis.openapi.from_dict(told)
    schema.config.update(base_url=served.url)
    checks = [
        getattr(schemathesis.checks, "not_a_server_error", None),
        *(
            schemathesis.checks.CHECKS.get_one(name)
            for name in (
                "status_code_conformance",
                "content_type_conformance",
                "response_schema_conformance",
                "response_headers_conformance",
                "unsupported_method",
            )
        ),
    ]
    wanted = [check for check in checks if check is not None]
    for result in schema.get_all_operations():
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        if name in LEFT_OUT or (only is not None and name not in only):
            continue
        for mode in schemathesis.GenerationMode:

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                derandomize=True,
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                response = case.call(base_url=served.url, headers={"Authorization": f"Bearer {token}"})
                case.validate_response(response, checks=wanted)

            try:
                ask()
            except Unsatisfiable:  # nothing that is wrong can be sent where nothing is asked
                continue
            except (
                Exception,
                BaseExceptionGroup,
            ) as error:  # whatever schemathesis and Hypothesis raise, all of it is a violation
                told_of = getattr(error, "exceptions", [error])
                found += [f"{operation.label}: {type(one).__name__}: {one}" for one in told_of]
    return found


def check_contract(served: Running, token: str, examples: int) -> None:
    with Client(served.port, token) as client:
        told = client.get("/openapi.json").json
    assert told == json.loads(json.dumps(document()))
    assert violations(served, token, told, examples) == []
    counts = served.server.handler.service.requests.counts
    assert not [key for key in counts if key[1] >= 500], counts


def test_the_server_does_what_its_contract_says(guarded: tuple[Running, str]) -> None:
    check_contract(*guarded, examples=3)


@pytest.mark.soak
def test_the_server_does_what_its_contract_says_to_many(guarded: tuple[Running, str]) -> None:
    check_contract(*guarded, examples=100)


def test_a_contract_that_is_not_kept_is_noticed(guarded: tuple[Running, str]) -> None:
    served, token = guarded
    told = json.loads(json.dumps(document()))
    del told["paths"]["/registry/{namespace}/get/{key}"]["get"]["responses"]["404"]
    told["components"]["schemas"]["Status"]["properties"]["status"]["enum"] = ["fine"]
    found = violations(served, token, told, 5, {"get", "health"})
    assert any("/get/" in text for text in found)
    assert any("GET /health" in text for text in found)
