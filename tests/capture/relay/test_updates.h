// SPDX-License-Identifier: Apache-2.0
// Frames and updates of one camera, as a Fanlight sends them on a WebSocket.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/relay/test_web_socket.h"
#include "tests/core/segments/divided_picture.h"

namespace fanlight {

// Captured at 1700000000 s and `sequence` us.
inline std::string message_text(uint64_t sequence, std::string_view rest = "",
                                std::string_view camera = "front") {
  return fmt::format(R"({{"camera":"{}","sequence":{},"timestamp":1700000000.{:06}{}}})", camera,
                     sequence, sequence, rest);
}

inline std::string message_frame(uint64_t sequence, std::string_view rest = "",
                                 std::string_view camera = "front") {
  return server_frame(WebSocketOpcode::text, message_text(sequence, rest, camera));
}

inline std::string binary_frame(std::string_view bytes) {
  return server_frame(WebSocketOpcode::binary, bytes);
}

// Of pictures of 320x64 pixels.
inline constexpr SegmentGrid kGrid{.width = 64, .height = 16, .columns = 5, .rows = 4};

// `count`: of the segments in the runs.
inline std::string update_key(uint64_t base, std::string_view runs, size_t count) {
  return fmt::format(R"(,"update":{{"base":{},"width":320,"height":64,"segment_width":64,)"
                     R"("segment_height":16,"atlas_columns":{},"runs":[{}]}})",
                     base, count == 0 ? 0 : atlas_shape(count, kGrid).columns, runs);
}

inline std::string empty_update_frame(uint64_t base, uint64_t sequence) {
  return message_frame(sequence, update_key(base, "", 0));
}

// Two pictures with the same tables.
struct TestUpdates {
  std::string whole_frame(uint64_t sequence, std::string_view rest = "") const {
    return message_frame(sequence, rest) + binary_frame(one.index.jpeg);
  }
  // Turns a picture of `base` into the second one: all of it, or all but the first segment.
  std::string update_frame(uint64_t base, uint64_t sequence, bool is_all = true) const {
    return message_frame(sequence,
                         is_all ? update_key(base, "[0,20]", 20) : update_key(base, "[1,19]", 19)) +
           binary_frame(atlas(is_all ? Runs{{0, 20}} : Runs{{1, 19}}));
  }
  std::string atlas(const Runs& runs) const {
    const Bytes bytes = atlas_of(two.index, runs);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  Divided one{noise_jpeg(320, 64, 1)};
  Divided two{noise_jpeg(320, 64, 2)};
};

}  // namespace fanlight
