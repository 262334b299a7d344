// SPDX-License-Identifier: Apache-2.0
// StreamState: a stream between two frames, as one process describes it to the next.
//
// A connection on which a stream is sent can go on in another process, if it is passed the socket
// and this. Whatever else the server has about it begins anew there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/time.h"
#include "http/delivery/ustreamer_framing.h"
#include "http/delivery/viewer.h"
#include "io/peer_address.h"

namespace fanlight {

// The fields for ustreamer's clients.
struct UstreamerWishes {
  bool is_used = false;
  bool extra_headers = false;
  bool zero_data = false;
  uint8_t key_size = 0;
  std::array<char, UstreamerOptions::kKeyMax> key{};

  std::string_view key_text() const noexcept { return {key.data(), key_size}; }
  bool operator==(const UstreamerWishes&) const = default;
};

struct StreamState {
  uint16_t camera = 0;  // in the list of cameras that precedes the streams
  bool by_admin_listener = false;
  bool by_local_listener = false;
  // ViewerOptions
  bool seed_boundary = false;
  bool advance_headers = false;
  bool dual_final_frames = false;
  bool pinned = false;
  Duration interval{0};
  uint64_t frames = 0;
  ViewerProgress progress;
  UstreamerWishes ustreamer;
  PeerAddress client;             // behind a trusted proxy not the socket's
  uint32_t ends = 0;              // when the right to watch does, as in Seat
  uint64_t bytes_per_second = 0;  // claimed on the wire
  uint64_t bytes_sent = 0;        // on the connection

  bool operator==(const StreamState&) const = default;
};

// A stream and its socket, on their way. Owns: nothing; whoever has it knows whose `fd` is.
struct PassedStream {
  int fd = -1;
  StreamState state;
};

}  // namespace fanlight
