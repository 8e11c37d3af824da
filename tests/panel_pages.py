"""Pages of our own making, as a browser saves them: prose, and the YAML of a panel that was opened.

No vendor's: a warehouse that changes the label of a parcel. The rows of `CHANGED` are the same page with other
headings, in another order, or nested otherwise; each says the same.
"""

from __future__ import annotations

TITLE = "Relabel a parcel"
PROSE = """\
Skip to main content

Relabel a parcel

PATCH

/depots/:depot/parcels/:parcel_id

Make a request to relabel a parcel.

Request

Responses

The parcel.

Response Headers
    X-Call-Id

    The unique identifier for the API call.

    X-Quota-Reset

    The relative time in seconds until the current window resets.

    X-Only-In-Prose

    Which conveyor answered.
"""
PANEL = """\
paths:
  /depots/{depot}/parcels/{parcel_id}:
    patch:
      operationId: relabelParcel
      description: 'Make a request to relabel a parcel.


        '
      parameters:
      - {name: depot, in: path, required: true, schema: {type: string}, example: d-1}
      - name: parcel_id
        in: path
        required: true
        schema: {type: string}
        description: The unique identifier for the parcel.
      security:
      - depot-key: []
      - operatorAccessToken: []
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                label:
                  type: string
                  description: What is printed on the parcel.
                lane:
                  type: string
                  description: The lane. Can be `slow` or `fast`.
      responses:
        '200':
          description: The parcel.
          content:
            application/json:
              schema:
                type: object
                required: [parcel_id, label]
                properties:
                  parcel_id:
                    type: string
                    readOnly: true
                    description: The unique identifier of the parcel.
                  link:
                    type: string
                    format: uri
                    readOnly: true
                    description: The URL at which this object can be found.
                    example: https://api.parcels.test/depots/d-1/parcels/p-7
                  label: {type: string, example: fragile}
                  colour:
                    type: string
                    description: The colour. Can be `red`, `green`, or `blue`.
                  packed:
                    type: string
                    format: date-time
                    readOnly: true
                    description: The date and time at which this parcel was created.
                  touched:
                    type: string
                    format: date-time
                    readOnly: true
                    description: The date and time at which this parcel was last updated.
                  pin:
                    type: string
                    readOnly: true
                    description: The pin. Only provided in `create` responses.
                  number:
                    type: integer
                    description: A number, automatically generated.
                  depot_code:
                    type: string
                    description: Where it lies. It is immutable.
          headers:
            X-Call-Id: &call
              schema: {type: string}
              description: The unique identifier for the API call.
            X-Quota-Size: &size
              schema: {type: integer}
              description: The maximum number of calls you may make per window.
            X-Quota-Left: &left
              schema: {type: integer}
              description: The number of calls remaining in the current window.
            X-Quota-Reset: &reset
              schema: {type: integer}
              description: The relative time in seconds until the current window resets. Others tell it in epoch seconds.
        '400':
          description: Bad Request
          headers: {X-Call-Id: *call}
          content: &wrong
            application/json:
              schema:
                type: object
                required: [problems]
                properties:
                  problems:
                    type: array
                    items:
                      type: object
                      properties:
                        ref: {type: string, description: A unique identifier for this particular occurrence of the problem.}
                        http: {type: string, description: 'The HTTP status code that applies, expressed as a string value.'}
                        kind: {type: string, description: An application-specific error code.}
                        summary: {type: string, description: It **SHOULD NOT** change from occurrence to occurrence.}
                        where: {type: string, description: A JSON Pointer to the member that is wrong.}
        '401':
          description: The request lacks valid credentials.
          headers:
            X-Call-Id: *call
            WWW-Authenticate:
              schema: {type: string}
              description: The unique identifier for the API call.
              example: Basic realm="depot"
          content: *wrong
        '404': {description: Not Found, headers: {X-Call-Id: *call}, content: *wrong}
        '429':
          description: Too many calls
          headers:
            X-Call-Id: *call
            X-Quota-Size: *size
            X-Quota-Left: *left
            X-Quota-Reset: *reset
            Retry-After:
              schema: {type: integer}
              description: The number of seconds to wait until the window resets. Only sent when the limit is reached.
      servers:
      - url: https://api.parcels.test
        description: Parcels
      jsonRequestBodyExample:
        label: fragile
"""
PAGE = f"{PROSE}\nOpenAPI definition (YAML)\n{PANEL}"


def indented(text: str) -> str:
    """Return *text* four columns further in, as code in Markdown."""
    return "".join(f"    {line}" for line in text.splitlines(keepends=True))


CHANGED = {
    "another heading": PAGE.replace("OpenAPI definition (YAML)", "The definition, for machines"),
    "the panel first": f"# {TITLE}\n{PANEL}\n{PROSE}",
    "in a fence": f"{PROSE}\n```yaml\n{PANEL}```\n\nPrevious\nNext\n",
    "further in": f"{PROSE}\nDefinition\n\n{indented(PANEL)}\nPrevious\n",
    "a footer": f"{PAGE}\nPrevious\n\nCopyright\n",
    "servers above": PAGE.replace(
        "\npaths:\n",
        "\nservers:\n- url: https://api.parcels.test\n  description: Parcels\npaths:\n",
    ).replace(
        "      servers:\n      - url: https://api.parcels.test\n        description: Parcels\n", ""
    ),
    "Windows": PAGE.replace("\n", "\r\n"),
}
