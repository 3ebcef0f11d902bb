"""The seed's shape, to the letter."""

from datetime import datetime

from historia_clinica.http.fields import Schema


class Usuario(Schema):
    id: int
    nombre: str
    email: str
    fecha_creacion: datetime


class Usuarios(Schema):
    usuarios: list[Usuario]
