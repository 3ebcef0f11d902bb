"""Requests by method, route and status, and how long they took."""

from flask import Flask, Response
from prometheus_client import CollectorRegistry, Counter, Histogram

from historia_clinica.http import access_log

OTHER = "other"  # a method or a path that we do not know: a client may send any word
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def install(app: Flask, registry: CollectorRegistry) -> None:
    requests = Counter("historia_http_requests", "Requests answered.", ["method", "route", "status"], registry=registry)
    durations = Histogram(
        "historia_http_request_duration_seconds",
        "Seconds from the request to its answer.",
        ["method", "route"],
        buckets=BUCKETS,
        registry=registry,
    )

    def count(response: Response) -> Response:
        method, route = access_log.method() or OTHER, access_log.route() or OTHER
        requests.labels(method, route, str(response.status_code)).inc()
        durations.labels(method, route).observe(access_log.seconds())
        return response

    app.after_request(count)
