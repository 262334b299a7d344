// SPDX-License-Identifier: Apache-2.0
// SignedLink: a right to watch one camera until some time, which whoever knows its URL has.
//
// The URL of a stream, a snapshot, a WebSocket or the frames by number of that camera has these in
// its query:
//
//   exp=1790000000    the second (Unix time) at which it ends
//   cam=front         the camera
//   sig=5-MAC         MAC: HMAC-SHA-256 in base64url without padding (RFC 4648 section 5); before
//   it
//                     the most pictures a second, and '-', if they are limited
//
// The MAC is over the canonical text, with an empty value behind `fps=` where there is no limit:
//
//   fanlight-link-1\nexp=1790000000\ncam=front\nfps=5\n
//
// `fps` in the query is the request's own, as without a link, and may be anything up to the limit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"
#include "http/auth/keyed_digest.h"
#include "http/auth/user_table.h"

namespace fanlight {

// The parameters of a link, as they are in a query.
struct LinkTexts {
  std::string_view exp;
  std::string_view cam;
  std::string_view sig;
};

// A link that is well-formed; its MAC may be wrong.
struct SignedLink {
  int64_t expires = 0;  // Unix time in seconds
  std::string_view expires_text;
  std::string_view camera;
  std::string_view fps_text;  // empty: no limit
  double fps_max = 0;         // 0: no limit
  Digest mac{};
};

// Nothing if a text is missing or malformed. The result refers to `texts`.
std::optional<SignedLink> parse_link(const LinkTexts& texts) noexcept;

// The keys that sign links: one, or while they are exchanged two.
// Owns: the keys. Thread: constant once they are parsed, so any.
class LinkKeys {
 public:
  static constexpr size_t kKeysMax = 2;
  static constexpr size_t kKeyBytesMin = 32;
  static constexpr size_t kKeyBytesMax = 512;
  static constexpr size_t kFileBytesMax = 4096;

  // A key on each line, the one that signs first; empty lines and those that begin with '#' have no
  // meaning. Replaces what was there, but not if there is a mistake. Throws std::bad_alloc.
  std::optional<FileMistake> parse(std::string_view text);

  bool empty() const noexcept { return keys_.front() == nullptr; }

  // Whether one of the keys has signed it.
  bool have_signed(const SignedLink& link) const noexcept;

  // The query that lets its holder watch: "exp=...&cam=...&sig=...". `fps`: empty for no limit,
  // else a number as in parse_link(). There is a key.
  std::string sign(int64_t expires, std::string_view camera, std::string_view fps) const;

 private:
  std::array<std::unique_ptr<KeyedDigest>, kKeysMax> keys_;
};

}  // namespace fanlight
