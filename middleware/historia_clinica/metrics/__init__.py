"""GET /metrics for Prometheus, on a port of its own: requests, connections, the nodes and their servers.

The API tells of the database too, as its role may already ask all of it through the coordinator: an exporter beside
each server would be one more image and one more login for the same numbers. Nothing of a request but its method, the
template of its route and its status goes into a label.
"""

from flask import Flask
from prometheus_client import CollectorRegistry, Info, ProcessCollector, disable_created_metrics, make_wsgi_app

from historia_clinica.http.context import KEY, Context
from historia_clinica.metrics import requests
from historia_clinica.metrics.collectors import Cluster, Connections
from historia_clinica.metrics.door import Door
from historia_clinica.metrics.sources import Sources
from historia_clinica.version import __version__


def install(app: Flask) -> None:
    """Counts from now on, and answers what comes in on the port of the settings."""
    context: Context = app.extensions[KEY]
    disable_created_metrics()  # type: ignore[no-untyped-call]  # when counting began, once more for each series
    registry = CollectorRegistry()
    Info("historia_build", "Version of the API.", registry=registry).info({"version": __version__})
    ProcessCollector(registry=registry)
    requests.install(app, registry)
    registry.register(Connections(context.database.connections))
    registry.register(Cluster(Sources(context.settings, context.database, context.members)))
    app.wsgi_app = Door(app.wsgi_app, make_wsgi_app(registry), context.settings.historia_metrics_port)  # type: ignore[method-assign]
