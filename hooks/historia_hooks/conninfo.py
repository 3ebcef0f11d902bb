"""Text for libpq and for PostgreSQL's COPY, quoted. No input or output."""


def quote_value(value: str) -> str:
    """A value of a libpq connection string: always in quotes, with backslash and quote escaped."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def authinfo(password: str) -> str:
    """What pg_dist_authinfo holds for a role that logs in with a password."""
    return f"password={quote_value(password)}"


def copy_line(*fields: str) -> str:
    """One line of COPY's text format."""
    escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
    return "\t".join(field.translate(escapes) for field in fields) + "\n"
