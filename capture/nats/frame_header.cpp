// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/frame_header.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "capture/relay/field_text.h"
#include "core/part.h"
#include "core/printable.h"
#include "core/segments/update_message.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

// Of frames, and of updates, which other software must not take for frames.
constexpr std::string_view kFormatOfFrames = "1", kFormatOfUpdates = "2";

std::string_view find_field(const NatsFields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

bool is_publisher(std::string_view text) {
  return !text.empty() && text.size() <= kPublisherBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// `2/3`; nothing if there is no such part.
bool read_part(std::string_view text, FrameHeader& header) {
  header.part = header.parts = 1;
  if (text.empty()) return true;
  const size_t slash = std::min(text.find('/'), text.size());
  const auto part = to_number<uint64_t>(text.substr(0, slash));
  const auto parts = to_number<uint64_t>(text.substr(std::min(slash + 1, text.size())));
  if (!part || !parts || *part < 1 || *part > *parts || *parts > kNatsPartsMax) return false;
  header.part = *part;
  header.parts = *parts;
  return true;
}

// The bytes of an update's text; false if there cannot be so many, or the frame is a slate.
bool read_update(std::string_view text, FrameHeader& header) {
  const auto size = to_number<size_t>(text);
  if (!size || *size == 0 || *size > header.size || *size > kUpdateMessageBytesMax) return false;
  header.update = *size;
  return header.slate.empty();
}

std::string ascii(std::string_view text, size_t bytes_max) {
  std::string result(text.substr(0, bytes_max));
  make_ascii(result);
  return result;
}

}  // namespace

std::string_view read_frame_header(const NatsFields& fields, FrameHeader& header) {
  const std::string_view format = find_field(fields, "X-Fanlight");
  const bool is_update = format == kFormatOfUpdates;
  if (!is_update && format != kFormatOfFrames) return "not a frame of Fanlight's";
  const std::string_view publisher = find_field(fields, "X-Publisher");
  const auto number = to_number<uint64_t>(find_field(fields, "X-Number"));
  const auto sequence = to_number<uint64_t>(find_field(fields, "X-Sequence"));
  const auto captured = parse_timestamp(find_field(fields, "X-Timestamp"));
  const auto size = to_number<size_t>(find_field(fields, "X-Size"));
  if (!is_publisher(publisher)) return "no X-Publisher";
  if (!number || *number == 0) return "no X-Number";
  if (!sequence || *sequence == 0) return "no X-Sequence";
  if (!captured) return "no X-Timestamp";
  if (!size || *size == 0) return "no X-Size";
  if (*size > kNatsFrameBytesMax) return "a frame of more than 32 MB";
  if (!read_part(find_field(fields, "X-Part"), header)) return "no such part";
  header.publisher = publisher;
  header.number = *number;
  header.sequence = *sequence;
  header.captured = *captured;
  header.size = *size;
  header.slate = find_field(fields, "X-Slate").substr(0, kSlateReasonMax);
  header.via = find_field(fields, "Via");
  header.update = 0;
  if (is_update && !read_update(find_field(fields, "X-Update"), header)) return "no such update";
  return {};
}

NatsFields write_frame_header(const FrameHeader& header) {
  const int64_t us = header.captured.time_since_epoch().count();
  NatsFields fields{
      {"X-Fanlight", std::string(header.update > 0 ? kFormatOfUpdates : kFormatOfFrames)},
      {"X-Publisher", header.publisher},
      {"X-Number", fmt::format("{}", header.number)},
      {"X-Sequence", fmt::format("{}", header.sequence)},
      {"X-Timestamp", fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000)},
      {"X-Size", fmt::format("{}", header.size)}};
  if (header.update > 0) fields.emplace_back("X-Update", fmt::format("{}", header.update));
  if (header.parts > 1) {
    fields.emplace_back("X-Part", fmt::format("{}/{}", header.part, header.parts));
  }
  if (!header.slate.empty()) fields.emplace_back("X-Slate", ascii(header.slate, kSlateReasonMax));
  if (!header.via.empty()) fields.emplace_back("Via", header.via);
  return fields;
}

std::string make_publisher(WallTime now, uint64_t random) {
  return fmt::format("{:016}-{:08x}", now.time_since_epoch().count(), random & 0xffffffff);
}

}  // namespace fanlight
