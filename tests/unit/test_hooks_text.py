"""Text the hooks write for other programs (libpq, COPY) and read from them (libpq's reasons, SQL files)."""

import pytest
from historia_hooks.connections import DATABASE_MISSING, PASSWORD_REFUSED, UNKNOWN, read_failure
from historia_hooks.conninfo import authinfo, copy_line
from historia_hooks.migrations import statements
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

PASSWORDS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))


@given(PASSWORDS)
def test_libpq_reads_any_password_back(password: str) -> None:
    assert parse_dsn(authinfo(password)) == {"password": password}


@given(st.lists(PASSWORDS, min_size=1))
def test_a_line_for_copy_can_be_read_back(fields: list[str]) -> None:
    line = copy_line(*fields)
    assert line.count("\n") == 1
    unescaped = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    for field, text in zip(fields, line.removesuffix("\n").split("\t"), strict=True):
        read, position = "", 0
        while position < len(text):
            step = 2 if text[position] == "\\" else 1
            read += unescaped.get(text[position : position + step], text[position])
            position += step
        assert read == field


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('could not translate host name "x" to address: Name or service not known', "DNS"),
        ('connection to server at "x", port 5432 failed: Connection refused', "TCP"),
        ("connection to server failed: timeout expired", "TCP"),
        ("FATAL:  the database system is starting up", "arrancando"),
        ("FATAL:  the database system is not yet accepting connections", "arrancando"),
        ("FATAL:  sorry, too many clients already", "conexiones libres"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', "pg_hba"),
        ('FATAL:  password authentication failed for user "admin"', "contraseña"),
        ('FATAL:  database "historia_clinica" does not exist', "base de datos"),
        ('FATAL:  role "admin" does not exist', "usuario"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "a", database "b", no encryption', "cifradas"),
        ("connection to server failed: SSL error: certificate verify failed", "CA que se espera"),
        ('server certificate for "a" (and 2 other names) does not match host name "b"', "otro nombre"),
        ("server does not support SSL, but SSL was required", "no ofrece TLS"),
        ('root certificate file "/x/ca.crt" does not exist', "no se puede leer la CA"),
        # with sslmode=prefer libpq tries again in plain text and tells both
        (
            'FATAL:  password authentication failed\nFATAL:  no pg_hba.conf entry for host "a", no encryption',
            "contraseña",
        ),
        ("something new", "otra causa"),
    ],
)
def test_reasons_of_libpq(text: str, sentence: str) -> None:
    assert sentence in read_failure(text).sentence


def test_time_does_not_cure_a_wrong_password() -> None:
    assert PASSWORD_REFUSED.retries == DATABASE_MISSING.retries == 2
    assert UNKNOWN.retries is None


def test_statements_of_a_file() -> None:
    text = "-- a comment\nCREATE TABLE a (\n    b text -- kept\n);\n\nCOMMENT ON TABLE a IS 'uno; dos';\n"
    assert list(statements(text)) == ["CREATE TABLE a (\n    b text -- kept\n)", "COMMENT ON TABLE a IS 'uno; dos'"]
    body = "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$\n    SELECT 1;\n    SELECT 2;\n$$"
    assert list(statements(f"{body};\nSELECT f();\n")) == [body, "SELECT f()"]
    with pytest.raises(ValueError, match="no semicolon"):
        list(statements("SELECT 1"))
