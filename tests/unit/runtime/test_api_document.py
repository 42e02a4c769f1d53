import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from assistant.runtime.api_document import ApiDocument


@pytest.fixture
def document(tmp_path: Path) -> ApiDocument:
    file = tmp_path / "openapi.json"
    paths: dict[str, dict[str, int]] = {
        "/health": {"get": 1},
        "/users/{user_id}/preferences": {"get": 1, "put": 1},
        "/a.b": {"get": 1},
    }
    file.write_text(json.dumps({"paths": paths, "info": {"title": "</script><script>alert(1)"}}), encoding="utf-8")
    return ApiDocument(file)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/health", ["GET"]),
        ("/users/user123/preferences", ["GET", "PUT"]),
        ("/users//preferences", []),
        ("/users/a/b/preferences", []),
        ("/aXb", []),
        ("/health/", []),
        ("", []),
    ],
)
def test_a_path_has_the_methods_of_its_template(document: ApiDocument, path: str, methods: list[str]) -> None:
    assert list(document.methods_at(path)) == methods


def test_the_page_carries_everything_and_the_document_cannot_end_its_script(document: ApiDocument) -> None:
    assert "SwaggerUIBundle" in document.page
    assert "</script><script>alert(1)" not in document.page
    assert "<\\/script><script>alert(1)" in document.page
    assert not re.search(r"<(script|link)[^>]+(src|href)=", document.page)


def test_the_policy_allows_the_pages_own_scripts_only(document: ApiDocument) -> None:
    scripts = re.findall(r"<script>(.*?)</script>", document.page, re.DOTALL)
    assert len(scripts) == 2
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in document.page_policy
    assert "default-src 'none'" in document.page_policy
    assert "unsafe-inline" not in document.page_policy.partition("style-src")[0]
