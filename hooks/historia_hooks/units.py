"""Sizes and times as people read them. Pure."""

UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def size(number: float) -> str:
    """`512 B`, `1,5 GiB`."""
    if number < 1024:
        return f"{round(number)} B"
    for unit in UNITS:
        number /= 1024
        if number < 1024 or unit == UNITS[-1]:
            break
    return f"{decimal(number)} {unit}"


def decimal(number: float, digits: int = 1) -> str:
    """`1,5`, as Spanish writes it."""
    return f"{number:.{digits}f}".replace(".", ",")


def duration(seconds: float) -> str:
    """`45 s`, `3 min 5 s`, `2 h 10 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
