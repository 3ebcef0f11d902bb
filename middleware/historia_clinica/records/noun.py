"""What a kind of record is called, wherever it has a name: table, path, members, operations, sentences."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """In Spanish, in small letters; `feminine` says which articles and endings go with it."""

    singular: str
    plural: str
    feminine: bool

    @property
    def member(self) -> str:
        return _joined(self.singular, "_")

    @property
    def members(self) -> str:
        """Also the name of the table."""
        return _joined(self.plural, "_")

    @property
    def path(self) -> str:
        return _joined(self.plural, "-")

    @property
    def one(self) -> str:
        """In the names of schemas and operations."""
        return _capitals(self.singular)

    @property
    def many(self) -> str:
        return _capitals(self.plural)

    @property
    def title(self) -> str:
        return self.plural[0].upper() + self.plural[1:]

    @property
    def a(self) -> str:
        return f"{'una' if self.feminine else 'un'} {self.singular}"

    @property
    def the(self) -> str:
        return f"{'la' if self.feminine else 'el'} {self.singular}"

    @property
    def these(self) -> str:
        return f"{'las' if self.feminine else 'los'} {self.plural}"

    def done(self, participle: str) -> str:
        """«Consulta anulada», from «anulad»."""
        return f"{self.singular[0].upper()}{self.singular[1:]} {self.ending(participle)}"

    def ending(self, stem: str) -> str:
        return stem + ("a" if self.feminine else "o")

    @property
    def newest(self) -> str:
        return "la más reciente" if self.feminine else "el más reciente"


def _plain(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


def _words(text: str) -> list[str]:
    """Those that make a name: «relación de atención» is a relacion_atencion."""
    return [word for word in _plain(text).split() if word != "de"]


def _joined(text: str, sign: str) -> str:
    return sign.join(_words(text))


def _capitals(text: str) -> str:
    return "".join(word.capitalize() for word in _words(text))
