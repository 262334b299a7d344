// SPDX-License-Identifier: Apache-2.0
// Source spec: parses a source as users type it.
#pragma once

#include <string>
#include <string_view>

namespace fanlight {

// `auto`, or the `kind[:argument]` of the source table that `text` means: a device by its path
// alone (`/dev/video0`), and a URL without its scheme where it is unambiguous
// (`10.0.0.7:5000/stream`, `localhost/?action=stream`). Nothing is opened. Throws
// std::invalid_argument, with what to type where that is clear: for a misspelt kind, for a folder
// or a file on the disk, for half a scheme.
std::string complete_source(std::string_view text);

// `text` as it may be shown: as by redact_url(), which also understands URLs that lack the scheme
// or half of it.
std::string shown_source(std::string_view text);

// The user and the password in a URL, encoded as there: `me:secret` of http://me:secret@host/.
// Empty when there is none.
std::string_view user_info(std::string_view source);

// Whether a source contains what others must not read: a password before the @, or a value in the
// query whose name looks like one.
bool has_secret(std::string_view source);

// Whether a source is a URL, which may contain commas.
bool is_url(std::string_view source);

}  // namespace fanlight
