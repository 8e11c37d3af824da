"""Which texts and sizes do services stumble over? Plain data.

Nothing in it would harm a service that stores it.
"""

from __future__ import annotations

# Whoever refuses or cuts what is longer does so to the longest too; shrinking finds from where on.
SIZES = (1, 65, 256, 1025, 110_000)
LIST_SIZES = (1, 2, 3, 11, 50, 65, 257, 1000, 1001, 3001)
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
}

# What other readers take for their own wherever it stands, several signs of one kind in a text.
MARKED_TEXTS = {
    "templates' expressions": (
        "{{7*7}} ${7*7} #{7*7} <%= 7*7 %> <?= 7*7 ?> {% if a %}b{% endif %} {7*7} {0} {id} %s %(a)s"
        " $a $(id) `id` %{7*7} [[7*7]] @(7*7) *{7*7} \\(7*7) ${HOME} %HOME% #set($a=7) {{{a}}}"
    ),
    "mark-up": (
        "<b>bold</b> <script>1</script> &amp; &lt; &#65; <!-- a --> <![CDATA[b]]> **bold** _it_"
        " ~~no~~ `code` [b]bold[/b] \\textbf{a} h1. a"
    ),
    "links, addresses and numbers of people": (
        "see https://x.test/a?b=c&d=e#f, www.x.test or [a](HTTPS://X.Test/A): a.b+c@x.test,"
        " <A@X.Test>, 10.0.0.1, [::1]:80, +1 555 0100, 4111 1111 1111 1111, 078-05-1120"
    ),
    "short names of emoji and typists' signs": (
        ":smile: :+1: :) ;-) <3 (c) (tm) ... -- --- -> 1/2 1st 2x3 \"a\" 'b' it's"
        " \u20ac \u201cso\u201d it\u2019s\u2026 #tag @a"
    ),
    "paths, comments and percent escapes": (
        "/a/b/../c ../../a //a C:\\a\\b ~/a ~0 ~1 --option -x 100% %20 %00 %25 # a // b /* c */ ; e"
    ),
    # Nothing in it ends a text and then a statement: what is read as a query writes nothing.
    "a query": (
        'SELECT a FROM b WHERE c = "d" AND NOT e LIKE "%f_" AND 1=1 OR g IN (1, 2) UNION SELECT h'
        ' a:b* ?c=d&e=f+g {"$ne": null} $.a[?(@.b)] (a|b)* [a-z]+'
    ),
}

# What other readers take for something else, but only where it is the whole text.
LOOK_ALIKES = {
    "a number": ("0", "0012345", "1.50e3", "12345678901234567890", "0x1F"),
    "a boolean": ("true", "False", "yes", "Off"),
    "nothing": ("null", "None", "NaN", "~", "N/A"),
    "a date or a time": ("2026-01-01T00:00:00+02:00", "2024-02-29", "01/02/2026", "12:30:45"),
    "JSON": ('{"a": [1, null]}', '"quoted"'),
    "YAML": ("a: b", "- a", "!!str 1"),
    "a formula": ("=1+1", "@SUM(1,2)", "-1+2"),
    "a comment": ("# a",),
    "a path": ("../a",),
    "a link": ("https://x.test/a?b=c&d#e",),
    "a card number": ("4111111111111111",),
}

# Tags: a bare key, a key and a value, and what is neither.
KEYED_TEXTS = ("bare", "key:value", "a:b:c", ":", "key:", ":value", "Team:Payments")
