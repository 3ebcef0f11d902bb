"""The documentation for people: Swagger UI from files of ours at /docs, and the list of problem types it links to.

Nothing is loaded from another address, and no script is inline, so the Content-Security-Policy stays narrow.
"""

from pathlib import Path

from flask import Blueprint, Response, render_template, send_from_directory

from historia_clinica.http.problems import tree

FOLDER = Path(__file__).parent / "openapi_assets"
SWAGGER_UI = {"swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"}
LICENCES = {"LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"}
PUBLIC = {"docs.js", "docs.css"} | SWAGGER_UI | LICENCES
# Swagger UI writes style attributes and shows images as data: addresses; it runs no inline script.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
DAY = "public, max-age=86400"

blueprint = Blueprint("documentation", __name__, url_prefix="/docs", template_folder=str(FOLDER))


@blueprint.get("")
def index() -> Response:
    return _page(render_template("docs.html"))


@blueprint.get("/problemas")
def problems() -> Response:
    return _page(render_template("problemas.html", problems=list(tree())))


@blueprint.get("/assets/<name>")
def asset(name: str) -> Response:
    response = send_from_directory(FOLDER, name if name in PUBLIC else "")
    response.headers["Cache-Control"] = DAY
    return response


def _page(html: str) -> Response:
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response
