"""Response headers that keep browsers and caches from doing more than we mean."""

from flask import Flask, Response

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": NOTHING,
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: Flask) -> None:
    app.after_request(_complete)


def _complete(response: Response) -> Response:
    """A view that set one of these itself (the documentation pages do) keeps its own."""
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    return response
