// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/http_answer.h"

#include <algorithm>

#include "core/ascii.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

// The limit for one field of a head; longer ones are truncated, and judged by their reader.
constexpr size_t kFieldMax = 1024;

// The value of the field `name: value` with that name (in lower case); nothing for another.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (!starts_with_ignoring_case(line, name) || line.substr(name.size(), 1) != ":")
    return std::nullopt;
  line.remove_prefix(name.size() + 1);
  constexpr std::string_view kBlanks = " \t\r\n";
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  line.remove_suffix(line.size() - (line.find_last_not_of(kBlanks) + 1));
  return line.substr(0, kFieldMax);
}

}  // namespace

void read_field(std::string_view line, HttpAnswer& answer, HttpFraming& framing) {
  if (const auto type = value_of(line, "content-type")) {
    answer.content_type = *type;
  } else if (const auto relays = value_of(line, "via")) {
    if (answer.via.size() > kFieldMax) return;
    answer.via.append(answer.via.empty() ? "" : ", ").append(*relays);
  } else if (const auto etag = value_of(line, "etag")) {
    answer.etag = *etag;
  } else if (const auto timestamp = value_of(line, "x-timestamp")) {
    answer.timestamp = *timestamp;
  } else if (const auto sequence = value_of(line, "x-sequence")) {
    answer.sequence = *sequence;
  } else if (const auto accept = value_of(line, "sec-websocket-accept")) {
    answer.accept = *accept;
  } else if (const auto location = value_of(line, "location")) {
    framing.location = *location;
  } else if (const auto length = value_of(line, "content-length")) {
    framing.length = to_number<size_t>(*length);
    framing.is_length_bad = !framing.length;
  } else if (value_of(line, "content-encoding") || value_of(line, "transfer-encoding")) {
    framing.is_coded = true;
  } else if (const auto challenge = value_of(line, "www-authenticate")) {
    if (starts_with_ignoring_case(*challenge, "basic") ||
        starts_with_ignoring_case(*challenge, "digest")) {
      framing.is_challenge = true;
    }
  }
}

}  // namespace fanlight
