"""What changed between two documents, clause by clause? `compare_documents` is the way in.

Who breaks where one of these changes, in requests (what clients send) and in answers (what they
read):

| what changed | requests | answers |
|---|---|---|
| fewer values than before | clients | servers |
| more values than before | servers | clients |
| other values, neither fewer nor more | clients | clients |
| a member, parameter, header or media type taken away | clients | clients |
| a new one | servers | servers |
| a new one that is required | clients | servers |
| a default that is new | servers | nobody |
| a default that is another, or none any more | clients | nobody |

Fewer values: a bound is tighter or new, a value of an enum gone, a type narrower, null no longer
allowed, a format or pattern new, an object closed, a branch of ``oneOf`` gone, a member required.
Other values: a type, a format or a pattern in the place of another.

| what changed | who breaks |
|---|---|
| an operation is gone | clients |
| an operation is new | servers |
| a status below 400 is new, or the last success gone | clients |
| another status is gone | servers |
| a status of a refusal is new, which is read as x00 (RFC 9110 15) | nobody |
| credentials that were taken are not enough any more | clients |
| other credentials, or fewer, are taken too | servers |
| a promise of ``x-contract`` is gone, or another | clients |
| a promise of ``x-contract`` is new | servers |
| what is ``shared`` among principals is new, or gone | clients |
| deprecated, servers, examples, names of operations and of path variables | nobody |

What travels the other way only (``readOnly`` in requests, ``writeOnly`` in answers) is not there.
Where a change breaks clients, servers mostly have to change too: clients are named.
"""

from __future__ import annotations

from pytest_confluent_contracts.clauses.comparing.whole import compare_documents

__all__ = ["compare_documents"]
