# SPDX-License-Identifier: Apache-2.0
"""All tables of cases."""
import dataclasses
import importlib

# Each with what its sections are of, where they do not say so themselves, and its number of cases.
TABLES = {
    "rfc9112_request_line": ("RFC 9112", 139),
    "rfc9112_fields": ("RFC 9112", 117),
    "rfc9112_framing": ("RFC 9112", 84),
    "rfc9112_chunked": ("RFC 9112", 79),
    "rfc9112_connection": ("RFC 9112", 46),
    "rfc9110_methods": ("RFC 9110", 107),
    "rfc9110_semantics": ("RFC 9110", 119),
    "rfc6455_handshake": ("RFC 6455", 81),
    "rfc6455_frames": ("RFC 6455", 178),
    "contract_urls": ("contract:", 134),
    "contract_stream": ("contract:", 57),
    "contract_trouble": ("contract:", 28),
}


def cases_of(table):
    """The cases of a table, with whole names of their sections."""
    document, _ = TABLES[table]
    for one in importlib.import_module(table).CASES:
        whole = one.section if one.section.startswith("RFC ") else f"{document} {one.section}"
        yield dataclasses.replace(one, section=whole)
