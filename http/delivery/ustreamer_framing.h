// SPDX-License-Identifier: Apache-2.0
// UstreamerFraming: parts with the fields that ustreamer's own clients request.
//
// With `/stream?extra_headers=1` each part gives the times when the picture was taken, encoded and
// sent. `zero_data=1` sends only these fields, so that latency can be probed without the pictures.
// `key=` names the client in /state. The field names are ustreamer's; its clock is the monotonic
// one.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "http/delivery/framing.h"
#include "http/protocol/response.h"

namespace fanlight {

struct UstreamerOptions {
  static constexpr size_t kKeyMax = 64;
  bool extra_headers = false;
  bool zero_data = false;
  std::string_view key{};  // letters, digits, '.', '_', '-'; at most kKeyMax; empty: none

  bool wants_framing() const { return extra_headers || zero_data || !key.empty(); }
};

// Owns: the head of the part being sent, and the key. Thread: its connection's shard.
class UstreamerFraming final : public Framing {
 public:
  explicit UstreamerFraming(const UstreamerOptions& options) noexcept;

  Piece wrap(const Viewer& viewer, const Frame& frame, bool is_last, Instant now) noexcept override;

  bool extra_headers() const noexcept { return extra_headers_; }
  bool zero_data() const noexcept { return zero_data_; }
  std::string_view key() const noexcept { return {key_.data(), key_size_}; }

 private:
  const bool extra_headers_;
  const bool zero_data_;
  const size_t key_size_;
  std::array<char, UstreamerOptions::kKeyMax> key_;
  std::array<char, 1024> head_;
};

// A snapshot's fields: whether it is a picture of the camera, its size, and when it was taken.
void add_ustreamer_fields(ResponseHead& head, const FrameInfo& info, Instant now) noexcept;

}  // namespace fanlight
