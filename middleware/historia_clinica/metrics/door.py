"""Which of two applications answers, by the port that a connection came in on: an Ingress never publishes the other."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/metrics"
NOTHING = b"/metrics\n"


class Door:
    """WSGI. The port is that of the listener, which nothing in a request can change."""

    def __init__(self, api: "WSGIApplication", metrics: "WSGIApplication", port: int) -> None:
        self._api = api
        self._metrics = metrics
        self._port = str(port)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["SERVER_PORT"] != self._port:
            return self._api(environ, start_response)
        if environ["PATH_INFO"] == PATH:
            return self._metrics(environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", str(len(NOTHING)))])
        return [NOTHING]
