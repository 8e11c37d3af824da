"""Which texts and sizes do services stumble over? Plain data.

Nothing in it would harm a service that stores it.
"""

from __future__ import annotations

# Whoever refuses or cuts what is longer does so to the longest too; shrinking finds from where on.
SIZES = (1, 33, 65, 129, 256, 1025, 4097, 110_000)
LIST_SIZES = (2, 3, 11, 65, 257, 1001, 3001)
ENTRY_SIZES = (201, 1025, 70_000)
SECRET_SIZES = (17, 33, 65, 129, 257, 1025, 65_537)

# Characters that travel together: where a text of several is not taken, shrinking tells which.
TEXTS = {
    "the empty string": "",
    "one space": " ",
    "spaces around it": "  inner  text  ",
    "tabs, newlines and a no-break space": "\tone\r\ntwo\u00a0\n",
    "upper and lower case": "MiXeD Case \u00c4\u00d6\u00dc \u0130\u0131 \u1e9e\u00df",
    "accents, composed and not, stacked, and compatibility forms": (
        "caf\u00e9 cafe\u0301 A\u030angstro\u0308m Z\u0351\u036b\u0343a\u0300\u0301\u0302"
        " \u1112\u1161\u11ab"
        " \ufb01 \u2460 \uff21\uff22 \u212b \u1e9b\u0323"
    ),
    "right to left": (
        "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u202eabc\u202c \u200f!"
    ),
    "Asian scripts": (
        "\u6f22\u5b57 \u3072\u3089 \ud55c\uad6d\uc5b4 \u0928\u092e\u0938\u094d\u0924\u0947"
        " \u0e2a\u0e27\u0e31\u0e2a"
    ),
    "a character outside the BMP": "\U0001d518",
    "emoji with joiners": (
        "\U0001f469\u200d\U0001f4bb \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd \u2764\ufe0f"
    ),
    "NUL": "a\u0000b",
    "control characters and separators": "".join(map(chr, range(1, 32)))
    + "\u007f\u0080\u0085\u009f\u2028\u2029",
    "what cannot be seen": "\ufeffa\u200bb\u200cc\u2060d\u00ade \ufffe\uffff\ue000\ufdd0 \ufffd",
    "quotes and backslashes": "\"double\" 'single' `back` \\ \\\\ \\n \\u0041",
    "slashes, tildes and percent escapes": "/a/b ~0 ~1 // 100% %20 %00 %s %d %25",
    "punctuation": (
        "a+b&c=d;e?f#g a@b.example, c:d = e {id} {{name}} ${HOME} $1"
        " \u20ac \u201cso\u201d it\u2019s\u2026"
    ),
    "markup and comments": "<b>bold</b> &amp; &lt; --option -x # not -- a /* comment */",
    "digits": "0012345",
    "a number": "1.50e3",
    "JSON in it": '{"a": [1, null]}',
    "a date": "2026-01-01T00:00:00+02:00",
    **{f"the word {word}": word for word in ("0", "true", "false", "null", "None", "NaN")},
}

# Tags: a bare key, a key and a value, and what is neither.
KEYED_TEXTS = ("bare", "key:value", "a:b:c", ":", "key:", ":value", "Team:Payments")
