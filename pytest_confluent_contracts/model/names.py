"""Which names of parameters and members are one word, however their parts are joined?

And by which words do people ask for a part of a list, and tell how it goes on?
"""

from __future__ import annotations

# Of parameters: how many items a page has, and what leads to another page.
PAGE_SIZES = (
    *("pagesize", "perpage", "limit", "pagelimit", "size", "maxresults", "maxitems", "maxkeys"),
    *("maxpagesize", "top", "take", "count"),
)
PAGE_CURSORS = (
    *("pagetoken", "nexttoken", "cursor", "pagecursor", "after", "pageafter", "startingafter"),
    *("continuationtoken", "continuation", "continue", "marker", "nextpagetoken"),
)
PAGE_NUMBERS = ("page", "pagenumber", "pageno", "pageindex")
PAGE_OFFSETS = ("offset", "skip", "start", "startindex", "startat", "pageoffset")
# Of members: what leads to another page, whether there is one, how many items all have.
NEXT_PAGES = (
    *("next", "nextlink", "nexturl", "nextpage", "nextpagetoken", "nexttoken", "nextcursor"),
    *("nextmarker", "continuationtoken", "continue", "cursor", "after", "endcursor"),
)
MORE_PAGES = ("hasmore", "hasnext", "hasnextpage", "more", "istruncated")
TOTALS = (
    "total",
    "totalsize",
    "totalcount",
    "totalitems",
    "totalresults",
    "totalrecords",
    "totalelements",
)
# Of members: which state of a resource is meant, where a change of another one is refused.
VERSIONS = ("version", "revision", "lockversion", "rowversion", "resourceversion", "etag", "rev")
TOTAL_HEADERS = ("xtotalcount", "xtotal", "totalcount", "xtotalitems", "xpaginationtotalcount")


def plain_name(name: str) -> str:
    """Return *name* in small letters, without the marks between its words.

    >>> plain_name("pageSize") == plain_name("page_size") == plain_name("page[size]")
    True
    """
    return "".join(letter for letter in name.lower() if letter.isalnum())
