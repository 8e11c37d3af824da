"""Which texts and sizes do services stumble over? Plain data; nothing in it would harm a service that stores it."""

from __future__ import annotations

SIZES = (1, 33, 64, 65, 101, 201, 255, 256, 257, 501, 1025, 4097, 65_536, 110_000)
LIST_SIZES = (1, 2, 3, 6, 11, 21, 33, 51, 65, 101, 129, 257, 501, 1001, 2001)
ENTRY_SIZES = (101, 201, 1025, 70_000)
SECRET_SIZES = (17, 33, 65, 129, 257, 1025, 65_537)

# Characters that travel together: where a text of several is not taken, shrinking tells which.
TEXTS = {
    "the empty string": "",
    "one space": " ",
    "spaces around it": "  inner  text  ",
    "tabs and newlines": "\tone\r\ntwo\n",
    "a no-break space around it": "\u00a0text\u00a0",
    "upper and lower case": "MiXeD Case \u00c4\u00d6\u00dc \u0130\u0131 \u1e9e\u00df",
    "accented letters, composed and not": "caf\u00e9 \u00c5ngstr\u00f6m cafe\u0301 A\u030angstro\u0308m",
    "stacked combining marks": "Z\u0351\u036b\u0343\u036a\u0302a\u0300\u0301\u0302\u0303\u0304\u0305 \u1112\u1161\u11ab",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u202eabc\u202c \u200f!",
    "Asian scripts": "\u6f22\u5b57 \u3072\u3089 \ud55c\uad6d\uc5b4 \u0928\u092e\u0938\u094d\u0924\u0947 \u0e2a\u0e27\u0e31\u0e2a",
    "a character outside the BMP": "\U0001d518",
    "emoji with joiners": "\U0001f469\u200d\U0001f4bb \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd \u2764\ufe0f",
    "compatibility forms": "\ufb01 \u2460 \uff21\uff22 \u212b \u1e9b\u0323",
    "NUL": "a\u0000b",
    "control characters": "".join(map(chr, range(1, 32))),
    "DEL and C1 controls": "\u007f\u0080\u0085\u009f",
    "line and paragraph separators": "one\u2028two\u2029three",
    "zero-width characters": "a\u200bb\u200cc\u2060d\u00ade",
    "a byte order mark": "\ufefftext",
    "noncharacters and private use": "\ufffe\uffff\ue000\ufdd0 \ufffd",
    "quotes and backslashes": "\"double\" 'single' `back` \\ \\\\ \\n \\u0041",
    "slashes, tildes and percent escapes": "/a/b ~0 ~1 // 100% %20 %00 %s %d %25",
    "punctuation": "a+b&c=d;e?f#g a@b.example, c:d = e {id} {{name}} ${HOME} $1 \u20ac \u201cso\u201d it\u2019s\u2026",
    "angle brackets and entities": "<b>bold</b> &amp; &lt;",
    "digits": "0012345",
    "a number": "1.50e3",
    "the word true": "true",
    "the word null": "null",
    "JSON in it": '{"a": [1, null]}',
    "a date": "2026-01-01T00:00:00+02:00",
    "a dash, and comments": "--option -x # not -- a /* comment */",
}

KEYED_TEXTS = {
    "a bare key": "bare",
    "a key and a value": "key:value",
    "two colons": "a:b:c",
    "a colon only": ":",
    "an empty value": "key:",
    "an empty key": ":value",
    "upper case": "Team:Payments",
}
