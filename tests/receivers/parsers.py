"""Receives with the parser that is named: parsers.py PACKAGE SECRET."""

import sys

import asked

package, secret = sys.argv[1:]


def gidgethub(headers, body):
    from gidgethub import sansio

    lower = {name.lower(): value for name, value in headers.items()}
    # Without this, an unsigned event would be read as well.
    assert "x-hub-signature-256" in lower
    event = sansio.Event.from_http(lower, body, secret=secret)
    return {"event": event.event, **asked.read(event.data)}


def standardwebhooks(headers, body):
    from standardwebhooks import Webhook

    return asked.read(Webhook(secret).verify(body, headers))


def cloudevents(headers, body):
    from cloudevents.core.bindings.http import HTTPMessage, from_http_event

    event = from_http_event(HTTPMessage(headers=headers, body=body))
    assert event.get_id() and event.get_source() and event.get_time()
    report = {"event": event.get_type(), **asked.read(event.get_data())}
    assert event.get_subject() == report["ref"]
    return report


asked.serve(package, globals()[package])
