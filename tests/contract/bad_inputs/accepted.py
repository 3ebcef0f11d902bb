"""Texts that look dangerous and are only text: kept, and given back byte for byte."""

TEXTS = {
    "sql": "'; DROP TABLE pacientes; --",
    "sql-union": "x' UNION SELECT password FROM pg_shadow --",
    "sql-comment": "a /* b */ -- c",
    "sql-dollars": "$$; SELECT 1; $$ $1 $body$",
    "format-c": "%s%n%x %(nombre)s %% %",
    "format-python": "{0} {} {self.__class__.__mro__} {{}}",
    "jndi": "${jndi:ldap://127.0.0.1/a}",
    "template": "{{7*7}} #{7*7} <%= 7*7 %> ${7*7}",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "entities": "&lt;&amp;&#0;&nbsp;",
    "shell": "`id` $(id) | id; id && id > /dev/null",
    "path": "../../etc/passwd ..\\..\\windows",
    "formula": '=HYPERLINK("http://x","y")',
    "quotes": "\"'`´‘’“”«»",
    "backslashes": "\\ \\\\ \\n \\u0000 \\x00 \\0",
    "escaped-surrogate": "\\ud800 \\udfff",
    "json": '{"a": [1, null]}',
    "null-words": "null NULL None undefined NaN",
    "copy-end": "\\.",
    "bidi": "abc\u202edef\u202c \u2066ghi\u2069 \u200f\u061c",
    "zero-width": "a\u200bb\u200cc\u200dd\ufeffe\u2060f",
    "hebrew-arabic": "שלום مرحبا",
    "emoji": "👩🏽‍⚕️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "astral": "\U00010000\U0010ffff𝒜",
    "noncharacters": "\ufffe\uffff\ufdd0",
    "replacement": "\ufffd",
    "private": "\ue000",
    "marks": "Z" + "\u035c" * 40 + "a",
    "separators": "a\u2028b\u2029c",
    "soft-hyphen": "a\u00adb",
    "language-tags": "a\U000e0001\U000e0041b",
    "case-of-turkish": "İIıi ẞß",
    "like": "100%_ \\% \\_",
    "only-a-sign": "%",
    "percent-encoded": "%00 %0d%0a %2f %ff",
    "crlf-in-words": "a\\r\\nSet-Cookie: b=1",
}

# JSON's spellings of a number, and the number that is kept
NUMBERS = {"-0": 0, "-0.0": 0, "0e999999999": 0, "3.66E+1": 36.6, "36.600000": 36.6, "0.000001": 0.000001, "1e8": 10**8}

# short, since some members are, and of signs that a name of a file may have
EVERYWHERE = {"sql": "'; DROP TABLE x; --", "formats": "%s%n{0}${jndi:a}", "bidi": "a\u202eb\u200bc\u2066d\u2069"}
