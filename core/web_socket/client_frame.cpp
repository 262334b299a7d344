// SPDX-License-Identifier: Apache-2.0
#include "core/web_socket/client_frame.h"

#include <sys/random.h>

#include <array>

#include "core/check.h"

namespace fanlight {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kMasked = 0x80;

}  // namespace

std::string make_client_frame(WebSocketOpcode opcode, std::string_view payload) {
  CHECK(payload.size() <= kWebSocketControlBytesMax);
  std::array<char, 4> mask;
  CHECK(::getrandom(mask.data(), mask.size(), 0) == ssize_t{mask.size()});
  std::string frame{static_cast<char>(kFinal | static_cast<unsigned>(opcode)),
                    static_cast<char>(kMasked | payload.size())};
  frame.append(mask.data(), mask.size());
  for (size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
  }
  return frame;
}

}  // namespace fanlight
