"""How is a connection opened: whose certificates are believed, and which one is shown?"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from pytest_confluent_contracts.http.raised import TargetUnusable

CA_BUNDLE, CLIENT_CERT = "--contract-ca-bundle", "--contract-client-cert"


@dataclass(frozen=True, slots=True)
class Reach:
    """How the connections of a target are opened.

    ``ca_bundle`` is a file or a folder of certificates that are believed in the place of the usual
    ones; ``client_cert`` the file with our own and its key, or two files; ``proxy`` the URL of what
    lies in between. Each is empty where there is none.
    """

    ca_bundle: str = ""
    client_cert: tuple[str, ...] = ()
    proxy: str = field(default="", repr=False)  # a password may be in it


DIRECTLY = Reach()


def believing_context(ca_bundle: str) -> ssl.SSLContext:
    """Return a context that believes *ca_bundle* alone.

    Raise `TargetUnusable` where there is no certificate in it.
    """
    told = f"{CA_BUNDLE}={ca_bundle}"
    path = Path(ca_bundle)
    if not path.exists():
        raise TargetUnusable(f"{told}: no such file; give one with certificates as PEM")
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=ca_bundle)
        return ssl.create_default_context(cafile=ca_bundle)
    except (ssl.SSLError, OSError) as error:
        why = f"no certificate can be read in it ({_reason(error)})"
        raise TargetUnusable(f"{told}: {why}; give a file with certificates as PEM") from None


def show_certificate(context: ssl.SSLContext, client_cert: tuple[str, ...]) -> None:
    """Let *context* show the certificate in the files *client_cert* to who asks for one.

    Raise `TargetUnusable` where it cannot be read, or the key does not fit.
    """
    told = f"{CLIENT_CERT}={','.join(client_cert)}"
    missing = [path for path in client_cert if not Path(path).is_file()]
    if missing:
        cure = "give a PEM file with certificate and key, or CERT,KEY"
        raise TargetUnusable(f"{told}: no such file: {missing[0]}; {cure}")
    try:
        key = client_cert[1] if len(client_cert) > 1 else None
        context.load_cert_chain(client_cert[0], key, _no_password)
    except _KeyEncrypted:
        cure = "give it decrypted: nobody is asked for its password"
        raise TargetUnusable(f"{told}: the key is encrypted; {cure}") from None
    except (ssl.SSLError, OSError) as error:
        raise TargetUnusable(f"{told}: {_why_unfit(error)}") from None


class _KeyEncrypted(Exception):
    """A key asks for a password."""


def _no_password() -> str:
    raise _KeyEncrypted


def _why_unfit(error: OSError) -> str:
    reason = _reason(error)
    if "MISMATCH" in reason:
        return "the key is not that of the certificate; give the two that belong together"
    cure = "give a PEM file with certificate and key, or CERT,KEY"
    return f"no certificate and key can be read in it ({reason}); {cure}"


def _reason(error: OSError) -> str:
    return str(getattr(error, "reason", None) or error.strerror or "unreadable")


def is_refused_by_alert(error: BaseException) -> bool:
    """Return whether *error* is a peer that ends TLS with an alert: it may want a certificate.

    In TLS 1.3 that comes only where the first answer is read (RFC 8446 4.4.2.4).
    """
    return isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")
