"""Published pages of our own making: tables in Markdown, with tabs, as documentation sites serve them."""

from __future__ import annotations

HEAD = """\
---
title: Rename a parcel
description: Parcels that are on their way.
---

# Rename a parcel{% #rename-a-parcel %}

{% tab title="v3" %}

| API endpoint                                                         | Region |
| -------------------------------------------------------------------- | ------ |
| PATCH https://eu.parcels.example.com/v3/depots/{depot}/parcels/{parcel_id} | Europe |
| PATCH https://us.parcels.example.com/v3/depots/{depot}/parcels/{parcel_id} | America |

### Overview

Renames one parcel.
"""

ARGUMENTS = """\
### Arguments

#### Path Parameters

| Type    | Description                  | Name                    |
| ------- | ---------------------------- | ----------------------- |
| integer | The depot.                   | depot&nbsp;[*required*] |
| string  | Names the parcel.            | parcel_id [*required*]  |

#### Query Strings

| Name          | Type      | Description                                                    |
| ------------- | --------- | -------------------------------------------------------------- |
| page[size]    | integer   | How many at once. Defaults to `10`.                            |
| order         | enum      | The order. Allowed enum values: `name, -name`                  |
| since         | date-time | The first instant.                                             |
| labels        | [string]  | Labels that all have.                                          |

#### Header Parameters

| Name      | Type   | Description      |
| --------- | ------ | ---------------- |
| X-Courier | string | Who carries it.  |
"""

REQUEST = """\
### Request

#### Body Data (required)

What shall change.

{% tab title="Model" %}

| Parent field         | Field              | Type      | Description                                        |
| -------------------- | ------------------ | --------- | -------------------------------------------------- |
|                      | data [*required*]  | object    | The parcel.                                        |
| data                 | attributes         | object    | What it is like.                                   |
| attributes           | size               | enum      | Its size. Allowed enum values: `1,2,3`             |
| attributes           | labels             | object    | Labels by name.                                    |
| additionalProperties | <any-key>          | string    | The value of a label.                              |
| attributes           | stops              | [object]  | Where it was.                                      |
| stops                | at                 | date-time | When.                                              |
| stops                | data               | object    | Which.                                             |
| data                 | id [*required*]    | uuid      | The stop.                                          |
| data                 | type               | enum      | The kind. Allowed enum values: `stop`              |
| attributes           | weight             | number    | In kilograms. Can be null.                         |
| data                 | type [*required*]  | enum      | The kind. Allowed values: `parcel`. Default: `parcel`. |

{% /tab %}

{% tab title="Example" %}

```json
{
  "data": {
    "attributes": {
      "size": 2,
      "labels": {"fragile": "yes"},
      "stops": [
        {
          "at": "2024-05-06T07:08:09Z",
          "data": {"id": "7f3c1c1e-5d1b-4a58-9f1b-0d3a6a1d7a11", "type": "stop"}
        }
      ],
      "weight": 2.5
    },
    "type": "parcel"
  }
}
```

{% /tab %}
"""

RESPONSE = """\
### Response

{% tab title="200" %}
Renamed
{% tab title="Model" %}
The parcel as it is now.

| Field             | Type     | Description           |
| ----------------- | -------- | --------------------- |
| id [*required*]   | string   | Names the parcel.     |
| count             | int64    |                       |
| moved             | boolean  |
| rates             | [number] | What it costs.        |

{% /tab %}

{% tab title="Example" %}

```json
{
  "id": "p-1",
  "count": 3,
  "moved": false,
  "rates": [1.5]
}
```

{% /tab %}

{% /tab %}

{% tab title="204" %}
{% /tab %}

{% tab title="404" %}
Not Found
{% tab title="Model" %}

| Parent field | Field               | Type     | Description      |
| ------------ | ------------------- | -------- | ---------------- |
|              | errors [*required*] | [object] | What went wrong. |
| errors       | title               | string   | In a few words.  |

{% /tab %}

{% /tab %}
"""

CODE = """\
### Code Example

#####
 \\# Path parameters export parcel_id="p-1" export depot="CHANGE_ME" \\# Curl command curl -X PATCH "https://a.example" \\
-H "Accept: application/json" \\
-H "Content-Type: application/json" \\
-H "X-Courier: ${COURIER}" \\
-H "X-PARCEL-KEY: ${PARCEL_KEY}" \\
-H "Authorization: Bearer ${PARCEL_TOKEN}" \\
-d @- << EOF
{
  "data": {"type": "parcel"}
}
EOF
#####

```go
// {% /tab %} is no tag in here
func main() {}
```
{% /tab %}
"""

PARCEL = "\n".join((HEAD, ARGUMENTS, REQUEST, RESPONSE, CODE))


def line_of(text: str, part: str) -> int:
    """Return the line of *text*, counted from 1, on which *part* begins; it stands there once."""
    assert text.count(part) == 1, part
    return text.count("\n", 0, text.index(part)) + 1


def swapped(old: str, new: str, text: str = PARCEL) -> str:
    """Return the page with one part of it exchanged."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


# --- small pages ---------------------------------------------------------------------------------------------------

TITLE = "## Update a thing{% #update-a-thing %}\n\n"
ANSWERS = '### Response\n\n{% tab title="204" %}\nNo Content\n{% /tab %}\n'


def small(
    *,
    sections: str = "",
    answers: str = ANSWERS,
    path: str = "/things/{id}",
    version: str = "v2",
    title: str = TITLE,
    host: str = "api.example.com",
    method: str = "PATCH",
) -> str:
    """Return a page of one operation with these *sections* and *answers*."""
    endpoints = (
        f"| Site | API endpoint |\n| --- | --- |\n| here | {method} https://{host}{path} |\n"
    )
    within = "\n".join((endpoints, sections, answers))
    return f'{title}{{% tab title="{version}" %}}\n\n{within}\n{{% /tab %}}\n\n'


def fields(rows: str) -> str:
    """Return a table of fields; each line of *rows* has parent, field, type and description."""
    lines = [f"| {row} |" for row in rows.split("\n")]
    head = ["| Parent field | Field | Type | Description |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *lines]) + "\n"


def model(table: str, example: str = "") -> str:
    """Return the tabs of a body: its *table*, and its *example* where there is one."""
    tabs = f'{{% tab title="Model" %}}\n\n{table}\n{{% /tab %}}\n\n'
    if example:
        tabs += f'{{% tab title="Example" %}}\n\n```json\n{example}\n```\n\n{{% /tab %}}\n'
    return tabs


# --- a page with a service by hand ---------------------------------------------------------------------------------

PLATES = small(
    path="/plates/{plate_id}",
    sections="#### Path Parameters\n\n| Name | Type | Description |\n| --- | --- | --- |\n"
    "| plate_id [*required*] | string | Names the plate. |\n\n#### Body Data (required)\n\n"
    + model(
        fields(
            " | plate [*required*] | object | The plate.\n"
            "plate | glaze [*required*] | enum | Its glaze. Allowed enum values: `matt,gloss`\n"
            "plate | rim | int32 | In millimetres.\n"
            "plate | marks | object | What is painted on it, by place.\n"
            "additionalProperties | <any-key> | string | What is painted there."
        ),
        '{"plate": {"glaze": "matt", "rim": 3, "marks": {"front": "a bird"}}}',
    ),
    answers='### Response\n\n{% tab title="200" %}\nOK\n'
    + model(
        fields(
            " | plate_id [*required*] | string | Names the plate.\n"
            " | plate [*required*] | object | The plate.\n"
            "plate | glaze [*required*] | enum | Its glaze. Allowed enum values: `matt,gloss`\n"
            "plate | rim | int32 | In millimetres.\n"
            "plate | marks | object | What is painted on it, by place.\n"
            "additionalProperties | <any-key> | string | What is painted there."
        ),
        '{"plate_id": "p-1", "plate": {"glaze": "matt", "rim": 3, "marks": {"front": "a bird"}}}',
    )
    + '{% /tab %}\n{% tab title="400" %}\nBad Request\n'
    + model(fields(" | message [*required*] | string | What is wrong."))
    + '{% /tab %}\n{% tab title="404" %}\nNot Found\n'
    + model(fields(" | message [*required*] | string | What is wrong."))
    + "{% /tab %}\n",
)
