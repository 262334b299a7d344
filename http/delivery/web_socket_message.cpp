// SPDX-License-Identifier: Apache-2.0
#include "http/delivery/web_socket_message.h"

#include <algorithm>
#include <array>

#include "core/check.h"
#include "core/segments/update_plan.h"

namespace fanlight {

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
  std::array<char, kFrameTextBeginMax> begin;
  text.raw({begin.data(), begin_frame_text(camera, info, begin)});
  if (info.is_slate()) {
    text.add(R"(,"slate":")");
    text.add_json(info.slate_reason.view());
    text.add(R"(")");
  }
  text.add("}}");
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
