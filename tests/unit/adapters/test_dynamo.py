import time
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from assistant.adapters.dynamo import Table, attributes, dynamo_client, plain
from assistant.domain.errors import Unavailable

KEYS = [("USER#1", f"SENDER#{number}") for number in range(2)]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def get_request(*keys: tuple[str, str]) -> dict[str, Any]:
    return {"t": {"Keys": [attributes({"pk": pk, "sk": sk}) for pk, sk in keys]}}


def item(key: tuple[str, str]) -> dict[str, Any]:
    return attributes({"pk": key[0], "sk": key[1]})


def test_unprocessed_keys_are_asked_for_again(pauses: list[float]) -> None:
    client = dynamo_client()
    with Stubber(client) as stub:
        first = {"Responses": {"t": [item(KEYS[0])]}, "UnprocessedKeys": get_request(KEYS[1])}
        second = {"Responses": {"t": [item(KEYS[1])]}, "UnprocessedKeys": {}}
        stub.add_response("batch_get_item", first, {"RequestItems": get_request(*KEYS)})
        stub.add_response("batch_get_item", second, {"RequestItems": get_request(KEYS[1])})
        assert Table("t", client).batch_get(KEYS) == [plain(item(key)) for key in KEYS]
    assert len(pauses) == 1


def test_unprocessed_items_are_written_again(pauses: list[float]) -> None:
    client = dynamo_client()
    put = {"PutRequest": {"Item": item(KEYS[1])}}
    with Stubber(client) as stub:
        stub.add_response("batch_write_item", {"UnprocessedItems": {"t": [put]}}, {"RequestItems": ANY})
        stub.add_response("batch_write_item", {"UnprocessedItems": {}}, {"RequestItems": {"t": [put]}})
        Table("t", client).batch_put([{"pk": pk, "sk": sk} for pk, sk in KEYS])
        stub.assert_no_pending_responses()
    assert len(pauses) == 1


def test_a_table_that_stays_busy_is_given_up_within_a_second(pauses: list[float]) -> None:
    client = dynamo_client()
    with Stubber(client) as stub:
        for _ in range(5):
            answer = {"Responses": {}, "UnprocessedKeys": get_request(*KEYS)}
            stub.add_response("batch_get_item", answer, {"RequestItems": ANY})
        with pytest.raises(Unavailable, match="busy"):
            Table("t", client).batch_get(KEYS)
    assert len(pauses) == 4
    assert sum(pauses) <= 0.75


def test_a_table_that_stays_busy_for_writes_is_given_up(pauses: list[float]) -> None:
    client = dynamo_client()
    put = {"PutRequest": {"Item": item(KEYS[0])}}
    with Stubber(client) as stub:
        for _ in range(5):
            stub.add_response("batch_write_item", {"UnprocessedItems": {"t": [put]}}, {"RequestItems": ANY})
        with pytest.raises(Unavailable, match="busy"):
            Table("t", client).batch_put([{"pk": "USER#1", "sk": "SENDER#0"}])
    assert len(pauses) == 4


def test_a_silent_server_is_given_up_far_inside_a_deadline() -> None:
    given = vars(dynamo_client().meta.config)
    attempts = given["retries"]["total_max_attempts"]
    assert attempts * (given["connect_timeout"] + given["read_timeout"]) <= 4
