"""The audit trail, health, metrics and the documentation."""

from infra.manifest.shapes import Function, Grant, Route, on_table

FUNCTIONS = (
    Function(
        "record_audit",
        "Write audit events to the append-only trail",
        memory=256,
        timeout=45,
        consumes="audit",
        grants=(on_table("PutItem"),),
    ),
    Function(
        "check_health",
        "Probe every dependency",
        memory=512,
        timeout=10,
        routes=(Route("GET", "/health", public=True),),
        grants=(
            on_table("GetItem"),
            Grant("queue:audit", ("sqs:GetQueueAttributes",)),
        ),
        secrets=("claude-api-key", "pinecone-api-key"),
        dependencies=("core", "cache"),
        cache=True,
    ),
    Function(
        "export_metrics",
        "Prometheus text from the recorded metrics",
        memory=256,
        timeout=15,
        routes=(Route("GET", "/metrics"),),
        grants=(Grant("*", ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")),),
        dependencies=("core", "metrics"),
    ),
    Function(
        "serve_docs",
        "Swagger UI and the OpenAPI document of all functions; answers unknown routes",
        memory=512,
        timeout=10,
        routes=(
            Route("GET", "/docs", public=True),
            Route("GET", "/openapi.json", public=True),
            Route("ANY", "$default", public=True),
        ),
    ),
)
