// SPDX-License-Identifier: Apache-2.0
// HTTP answer: what the head of a response says, as far as a relay needs it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fanlight {

// The relevant parts of a response's head.
struct HttpAnswer {
  long status = 0;           // 0: none yet; it stays 0 for a body without a head
  std::string content_type;  // empty when absent
  std::string via;           // several fields are joined by commas
  std::string etag;
  std::string timestamp;  // X-Timestamp
  std::string sequence;   // X-Sequence
  std::string accept;     // Sec-WebSocket-Accept
  // Of the body as the sink gets it; nothing when unknown.
  std::optional<size_t> length;
};

// How the body is sent according to the head, and whether a password is required.
struct HttpFraming {
  std::optional<size_t> length;
  bool is_length_bad = false;
  bool is_coded = false;
  bool is_challenge = false;
  std::string location;
};

// Adds what a field says, a line of the head with its end; other fields are ignored. Long values
// are truncated, and judged by their reader.
void read_field(std::string_view line, HttpAnswer& answer, HttpFraming& framing);

}  // namespace fanlight
