"""Which words of a description are a promise, whatever the vendor, and which values do they name?

Each function takes the text of one description, and is silent where the wording leaves room.
"""

from __future__ import annotations

import re

from pytest_confluent_contracts.documents.limit_headers import OF_NO_WINDOWS, OF_WINDOWS

IGNORE = re.IGNORECASE
MOST_CHARACTERS, LONGEST_SENTENCE = 20_000, 400
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z])|\n\s*\n")

# --- headers --------------------------------------------------------------------------------------

REQUESTS = r"(?:API |HTTP )?(?:requests|calls)"
REQUEST_ID = re.compile(
    r"\bunique (?:identifier|ID) (?:for|of|assigned to) (?:the|this|each|every|an?) "
    r"(?:API |HTTP )*(?:request|call)\b"
    r"|\buniquely identifies (?:the|this|each|every|an?) (?:API |HTTP )*(?:request|call)\b",
    IGNORE,
)
LIMIT = re.compile(
    rf"\b(?:maximum|total) number of {REQUESTS}\b|\bnumber of {REQUESTS} (?:allowed|permitted)\b",
    IGNORE,
)
REMAINING = re.compile(
    rf"\bnumber of {REQUESTS} (?:that are |still )?(?:remaining|left)\b"
    rf"|\b(?:remaining|left) number of {REQUESTS}\b|\bnumber of remaining {REQUESTS}\b",
    IGNORE,
)
UNTIL_RESET = re.compile(
    r"\b(?:until|before|when|at which)\b.*\b(?:resets?|ends?|begins?)\b", IGNORE
)
FROM_NOW = re.compile(
    r"\brelative time in seconds\b|\bseconds (?:remaining |left )?(?:until|before)\b"
    r"|\bseconds from now\b",
    IGNORE,
)
SINCE_1970 = re.compile(r"\bepoch\b|\bunix\b", IGNORE)
WAIT = re.compile(r"\bnumber of seconds to wait\b|\bseconds to wait (?:until|before)\b", IGNORE)
ONLY_AT_LIMIT = re.compile(
    r"\bonly (?:be )?(?:sent|returned|present|included|set)\b.*\b(?:limit|quota)\b.*"
    r"\b(?:reached|exceeded|hit|exhausted)\b",
    IGNORE,
)


def sentences(text: str) -> list[str]:
    """Return the sentences at the beginning of *text*, each on one line, without marks of stress.

    One that is very long is left out: whatever it promises, it does not say it plainly.
    """
    parts = [" ".join(part.split()) for part in SENTENCE_END.split(text[:MOST_CHARACTERS])]
    return [part.replace("**", "") for part in parts if 0 < len(part) <= LONGEST_SENTENCE]


def _says(pattern: re.Pattern[str], text: str) -> bool:
    return any(pattern.search(sentence) for sentence in sentences(text))


def names_the_request(text: str) -> bool:
    """Return whether a header is said to be unique to one request."""
    return _says(REQUEST_ID, text)


def role_in_limit(text: str) -> str:
    """Return what a header tells of the rate limit, as ``x-contract`` calls it, else ``""``."""
    for sentence in sentences(text):
        if WAIT.search(sentence):
            return "retry-after"
        if REMAINING.search(sentence):
            return "remaining"
        if LIMIT.search(sentence):
            return "limit"
        if UNTIL_RESET.search(sentence) and reset_unit(sentence):
            return "reset"
    return ""


def reset_unit(text: str) -> str:
    """Return how a Reset is counted by the first sentence that says so, ``""`` where none does.

    A later sentence may tell how others count.
    """
    for sentence in sentences(text):
        from_now = bool(FROM_NOW.search(sentence))
        if from_now != bool(SINCE_1970.search(sentence)):
            return "relative-seconds" if from_now else "epoch-seconds"
    return ""


def counts_in_windows(text: str) -> bool:
    """Return whether requests are counted in windows that begin and end at one moment."""
    return bool(OF_WINDOWS.search(text)) and not OF_NO_WINDOWS.search(text)


def only_at_limit(text: str) -> bool:
    """Return whether a header is said to be sent only once the limit is reached."""
    return _says(ONLY_AT_LIMIT, text)


# --- members of errors ----------------------------------------------------------------------------

HTTP_STATUS = re.compile(r"\bHTTP status(?: code)?\b", IGNORE)
AS_STRING = re.compile(r"\b(?:as|expressed as|is) an? (?:string|text)\b", IGNORE)
OCCURRENCE = re.compile(
    r"\bunique (?:identifier|ID) (?:for|of) (?:this|the|each) (?:particular |specific )?"
    r"(?:occurrence|instance)\b|\bunique to (?:this|each|the) (?:particular )?occurrence\b",
    IGNORE,
)
ERROR_CODE = re.compile(r"\bapplication[- ]specific (?:error )?code\b", IGNORE)
STABLE = re.compile(
    r"\b(?:should|must|does|will|shall) not (?:change|vary|differ) "
    r"(?:from occurrence to occurrence|between occurrences)\b",
    IGNORE,
)
JSON_POINTER = re.compile(r"\bJSON Pointer\b", IGNORE)
ERROR_WORDS = {
    "status": HTTP_STATUS,
    "occurrence": OCCURRENCE,
    "code": ERROR_CODE,
    "title": STABLE,
    "pointer": JSON_POINTER,
}


def error_roles(text: str) -> set[str]:
    """Return what a member of an error means: status, occurrence, code, title, pointer."""
    found: set[str] = set()
    for role, pattern in ERROR_WORDS.items():
        if _says(pattern, text):
            found.add(role)
    if "status" in found and not _says(AS_STRING, text):
        found.remove("status")
    if {"code", "title"} <= found:
        found.remove("code")
    return found


# --- members of the resource ----------------------------------------------------------------------

AN_ID = re.compile(r"\b(?:unique |natural )?(?:identifier|ID)\b")
ADDRESS = re.compile(
    r"\b(?:URL|URI|Uniform Resource (?:Locator|Identifier))\)?[^.]*\b(?:at|by|under) which "
    r"(?:an|the|this) (?:object|resource|entity) (?:can|may) be "
    r"(?:addressed|accessed|found|reached|read)\b",
    IGNORE,
)
CREATED = re.compile(
    r"\b(?:date|time|timestamp|moment|instant)\b[^.]*\b(?:was|is|been) (?:first )?created\b", IGNORE
)
UPDATED = re.compile(
    r"\b(?:date|time|timestamp|moment|instant)\b[^.]*\b(?:was|is|been) "
    r"(?:last |most recently )?(?:updated|modified|changed)\b",
    IGNORE,
)
CREATE_ONLY = re.compile(
    r"\bonly (?:be |ever )?(?:provided|returned|shown|included|present|sent|given|visible)\b"
    r"(?: once)?,? (?:in|by|on|at|when|during|upon|with)\b[^.]{0,40}?\bcreat(?:e|ed|ion|ing)\b",
    IGNORE,
)
NEVER_BACK = re.compile(
    r"\b(?:is|are|will be) (?:never|not) (?:be )?(?:returned|shown|sent back|included)\b"
    r"[^.]*(?:\b(?:responses?|answers?|again|back)\b|[.!]|$)"
    r"|\bwrite[- ]only\b",
    IGNORE,
)
A_SECRET = re.compile(r"\b(?:secret|password|passphrase|private key)\b", IGNORE)
# Then it is no secret itself: "the name of the secret".
NAME_OF = re.compile(
    r"\b(?:name|ID|identifier|reference|path|label|description|type|version) (?:of|for|to)\b",
    IGNORE,
)
METADATA = re.compile(r"\bmetadata\b", IGNORE)
FOREIGN_CREDENTIAL = re.compile(
    r"\b(?:key|secret|token|password|credentials?)\b[^.]*"
    r"\b(?:associated with|of|for|belonging to|from) your\b[^.]*\baccount\b",
    IGNORE,
)
IMMUTABLE = re.compile(
    r"\b(?:is|are) immutable\b|^immutable\b"
    r"|\b(?:cannot|can not|can't|may not) be (?:changed|updated|modified)"
    r"(?: (?:after|once)\b|\s*[.!]|\s*$)",
    IGNORE,
)
GENERATED = re.compile(
    r"\b(?:randomly|automatically|system|server|service|auto)[- ]?(?:generated|assigned)\b"
    r"|\b(?:generated|assigned|chosen|set) by the (?:server|service|system|API)\b",
    IGNORE,
)
KEY_OR_PAIR = re.compile(
    r"\bcan be (?:either )?a single key,? or (?:an? )?key[- ](?:and[- ])?values?(?: pairs?)? "
    r"separated by a colon\b",
    IGNORE,
)
# One after the other, with commas and a last word between them; nothing else may follow.
LISTED = r"(`[^`]+`(?:(?:,\s*(?:or |and )?| or | and )`[^`]+`)*)\s*[.;]?$"
BEFORE = r"(?:^|[.:;,] |\b(?:it|this|value|which) )"
SOME_VALUES = re.compile(
    rf"{BEFORE}(?:can|may|will)(?: only)? be (?:one of |either )?(?:the following )?:? ?{LISTED}"
    rf"|^(?:one of:?|either) {LISTED}",
    IGNORE,
)
ALL_VALUES = re.compile(
    rf"{BEFORE}(?:must|should|will)(?: only| always)? be (?:one of |either )?{LISTED}"
    rf"|^(?:allowed|possible|valid)(?: enum)? values(?: are)?:? {LISTED}|^always {LISTED}",
    IGNORE,
)
HEDGED = re.compile(
    r"\b(?:for example|such as|e\.g\.|among others|including)\b"
    r"|\b(?:other|more|additional|further|new) values?\b",
    IGNORE,
)
NO_TEXTS = frozenset({"null", "nil", "none", "true", "false"})


def only_values(text: str) -> list[str]:
    """Return the texts that are said to be the only values, an empty list where none are.

    For example, "Can be `a`, `b`, or `c`." names three, and "Can be `a`, for example." none. What
    something can be is said of two at least; of one, it may be besides.
    """
    if _says(HEDGED, text):
        return []
    for sentence in sentences(text):
        for pattern, least in ((SOME_VALUES, 2), (ALL_VALUES, 1)):
            named = _texts_in(pattern.search(sentence))
            if len(named) >= least:
                return named
    return []


def _texts_in(found: re.Match[str] | None) -> list[str]:
    if found is None:
        return []
    listed = next(group for group in found.groups() if group)
    named = list(dict.fromkeys(re.findall(r"`([^`]+)`", listed)))
    return [] if NO_TEXTS.intersection(named) else named


def is_address(text: str) -> bool:
    """Return whether a member is said to hold the address of the object that it stands in."""
    return _says(ADDRESS, text)


def speaks_of_an_id(text: str) -> bool:
    """Return whether a parameter or a member is said to be an identifier."""
    return _says(AN_ID, text)


def stamp_roles(text: str) -> set[str]:
    """Return which instants a member is said to be: created, updated."""
    found: set[str] = set()
    if _says(CREATED, text):
        found.add("created")
    if _says(UPDATED, text):
        found.add("updated")
    return found


def is_create_only(text: str) -> bool:
    """Return whether a member is said to be shown by the answer to a create request alone."""
    return any(CREATE_ONLY.search(one.replace("`", "")) for one in sentences(text))


def is_never_shown(text: str) -> bool:
    """Return whether a member of a request is said to come back in no answer, or to be a secret."""
    is_secret = _says(A_SECRET, text) and not _says(NAME_OF, text)
    return is_secret or _says(NEVER_BACK, text)


def belongs_elsewhere(text: str) -> bool:
    """Return whether a member is a credential of an account that the caller has elsewhere."""
    return _says(FOREIGN_CREDENTIAL, text) and not _says(NAME_OF, text)


def is_metadata(text: str) -> bool:
    """Return whether a member is said to hold what a service records about its resource."""
    return _says(METADATA, text)


def is_immutable(text: str) -> bool:
    """Return whether a member is said never to change."""
    return _says(IMMUTABLE, text)


def is_generated(text: str) -> bool:
    """Return whether a member is said to be chosen by the service."""
    return _says(GENERATED, text)


def is_key_or_pair(text: str) -> bool:
    """Return whether a text is a key alone, or a key and a value with a colon between them."""
    return _says(KEY_OR_PAIR, text)
