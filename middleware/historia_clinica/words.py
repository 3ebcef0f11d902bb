"""Words as they are searched: without accents and case, each perhaps cut short. The indexes hold them in this form."""

import re
import unicodedata

COMBINING = re.compile(r"[\u0300-\u036f]")
# What has one of these leaves a word: ASCII, and the letters of Latin-1 that are one of ASCII with a mark.
USABLE = "0-9A-Za-zÀ-ÅÇ-ÏÑ-ÖÙ-Ýà-åç-ïñ-öù-ýÿ"


def as_query(text: str) -> str:
    """A tsquery: every word has to occur, as a beginning. The text has a USABLE character.

    Words are made as in the revisions 0003 and 0004 (NFKD, no marks, lower case, runs of a-z and 0-9), so nothing is
    left in them that tsquery reads as an operator or a quote.
    """
    plain = COMBINING.sub("", unicodedata.normalize("NFKD", text)).lower()
    return " & ".join(f"'{word}':*" for word in re.findall(r"[a-z0-9]+", plain))
