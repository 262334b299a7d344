// SPDX-License-Identifier: Apache-2.0
// Response: status lines and heads, written into the caller's memory.
#pragma once

#include <fmt/core.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/check.h"
#include "core/time.h"

namespace fanlight {

// "Not Found" for 404 (RFC 9110 section 15).
std::string_view status_phrase(int status) noexcept;

// The value of the Date field, formatted once a second (IMF-fixdate, RFC 9110 section 5.6.7).
// Owns: 29 characters. Thread: its shard's.
class DateField {
 public:
  std::string_view at(WallTime now) noexcept;

 private:
  std::chrono::sys_seconds second_{};
  std::array<char, 29> text_{};
};

// Who may embed a resource (Fetch standard, section 3.7: Cross-Origin-Resource-Policy), and with it
// the order to take it for nothing but what Content-Type says (section 3.6). Both are about what
// pages embed without asking; scripts that ask are admitted by CORS alone.
enum class Embedding : uint8_t {
  unstated,  // neither field: a stream, whose head has only the fields of its contract
  own,       // only this server's pages
  any,       // any page: pictures, the module
};

// The input that all heads of a connection have in common.
struct ResponseContext {
  std::string_view date;
  std::string_view cors_origin;   // allowed_origin(); empty: other origins' scripts may not read
  int minor_version = 1;          // the client's: an HTTP/1.0 client is answered with HTTP/1.0
  bool keep_alive = true;         // whether the connection is kept after this answer
  bool varies_by_origin = false;  // the answer depends on Origin
  bool varies_by_accept = false;  // and on Accept (RFC 9110 section 12.5.5)
  Embedding embedding = Embedding::own;
};

// Owns: nothing; writes into `room`, which must hold the whole head (1 KiB is ample for the heads
//   here; a CHECK fails otherwise).
// Thread: any one.
class ResponseHead {
 public:
  ResponseHead(std::span<char> room, int status, const ResponseContext& context) noexcept;

  // One field line: field("Content-Length: {}", n).
  template <class... Args>
  ResponseHead& field(fmt::format_string<Args...> format, Args&&... args) noexcept {
    const auto result =
        fmt::format_to_n(end(), room_.size() - size_, format, std::forward<Args>(args)...);
    CHECK(result.size <= room_.size() - size_);
    size_ += result.size;
    return raw(kLineEnd);
  }

  // A field with a value from outside, made ASCII (core/printable.h).
  ResponseHead& foreign_field(std::string_view name, std::string_view value) noexcept;

  // Adds the last fields and the empty line; returns the whole head.
  std::string_view finish() noexcept;

 private:
  static constexpr std::string_view kLineEnd = "\r\n";

  char* end() { return room_.data() + size_; }
  ResponseHead& raw(std::string_view text) noexcept;
  void add_cors_fields(const ResponseContext& context) noexcept;

  std::span<char> room_;
  size_t size_ = 0;
  const Embedding embedding_;
};

}  // namespace fanlight
