"""What GET /metrics tells, as a scraper reads it."""

from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

PORT = 29464
ON = {"HISTORIA_METRICS_PORT": str(PORT)}


class Scraped:
    """Samples by name and labels."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.text = text
        self.samples = [sample for family in families for sample in family.samples]
        self.kinds = {family.name: family.type for family in families}

    def of(self, name: str, **labels: str) -> list[tuple[Mapping[str, str], float]]:
        return [
            (sample.labels, sample.value)
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def value(self, name: str, **labels: str) -> float:
        [(_, value)] = self.of(name, **labels)
        return value


def scrape(api: FlaskClient) -> Scraped:
    answer: Any = api.get("/metrics", environ_overrides={"SERVER_PORT": str(PORT)})
    assert answer.status_code == 200
    return Scraped(answer.get_data(as_text=True))
