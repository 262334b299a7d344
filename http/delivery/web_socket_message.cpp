// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/web_socket_message.h"

#include <algorithm>
#include <array>

#include "core/check.h"

namespace fanlight {
namespace {

// Without its end.
void begin_description(std::string_view camera, const FrameInfo& info, TextWriter& text) {
  const int64_t us = info.captured_wall.time_since_epoch().count();
  text.add(R"({{"camera":"{}","sequence":{},"timestamp":{}.{:06})", camera, info.sequence,
           us / 1'000'000, us % 1'000'000);
}

}  // namespace

size_t write_frame_header(WebSocketOpcode opcode, uint64_t length, char* to) noexcept {
  constexpr unsigned kFin = 0x80;
  const size_t extended = length < 126 ? 0 : length <= 0xffff ? 2 : 8;
  const auto code = static_cast<char>(extended == 0 ? length : extended == 2 ? 126 : 127);
  *to++ = static_cast<char>(kFin | static_cast<unsigned>(opcode));
  *to++ = code;
  for (size_t i = extended; i > 0; --i) *to++ = static_cast<char>(length >> (8 * (i - 1)) & 0xff);
  return 2 + extended;
}

void describe_frame(std::string_view camera, const FrameInfo& info, TextWriter& text) noexcept {
  begin_description(camera, info, text);
  if (info.is_slate()) {
    text.add(R"(,"slate":")");
    text.add_json(info.slate_reason.view());
    text.add(R"(")");
  }
  text.add("}}");
}

// A frame that is not divided has nothing but itself to update: it is one segment.
void describe_update(std::string_view camera, const FrameInfo& info, uint64_t base,
                     const SegmentGrid& grid, std::span<const SegmentRun> runs,
                     TextWriter& text) noexcept {
  const bool is_divided = grid.count() > 0;
  CHECK(is_divided || runs.empty());
  begin_description(camera, info, text);
  text.add(R"(,"update":{{"base":{},"width":{},"height":{},"segment_width":{},)"
           R"("segment_height":{},"atlas_columns":{},"runs":[)",
           base, info.width, info.height, is_divided ? grid.width : info.width,
           is_divided ? grid.height : info.height,
           runs.empty() ? 1 : atlas_shape(count_in(runs), grid).columns);
  bool is_first = true;
  for (const SegmentRun& run : runs) {
    text.add("{}[{},{}]", is_first ? "" : ",", run.first, run.count);
    is_first = false;
  }
  text.add("]}}}}");
}

std::string_view frame_description(std::span<char> room, size_t description,
                                   uint64_t binary) noexcept {
  CHECK(room.size() >= 2 * kFrameHeaderMax + description);
  std::array<char, kFrameHeaderMax> header;
  const size_t header_size = write_frame_header(WebSocketOpcode::text, description, header.data());
  char* const begin = room.data() + kFrameHeaderMax - header_size;
  std::copy_n(header.data(), header_size, begin);
  char* end = room.data() + kFrameHeaderMax + description;
  if (binary > 0) end += write_frame_header(WebSocketOpcode::binary, binary, end);
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace fanlight
