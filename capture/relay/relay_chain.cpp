// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/relay_chain.h"

#include <fmt/core.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <system_error>

#include "core/ascii.h"
#include "core/camera_panel.h"
#include "core/check.h"
#include "core/random.h"

namespace fanlight {
namespace {

uint64_t process_seed() {
  static const uint64_t seed = [] {
    uint64_t random = 0;
    // Never fewer bytes than requested if at most 256 (getrandom(2)).
    CHECK(::getrandom(&random, sizeof random, 0) == sizeof random);
    return random;
  }();
  return seed;
}

[[noreturn]] void fail(int error, std::string_view what) {
  throw std::system_error(error, std::system_category(), std::string(what));
}

// Comments nest, and a backslash in one escapes the next character (RFC 9110, 5.6.5).
std::string without_comments(std::string_view text) {
  std::string kept;
  size_t depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '\t' && (c < ' ' || c > '~')) fail(EPROTO, "unreadable Via");
    if (depth > 0 && c == '\\') {
      ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && depth > 0) {
      --depth;
    } else if (depth == 0) {
      kept += c == '\t' ? ' ' : c;
    }
  }
  return kept;
}

}  // namespace

std::string relay_pseudonym(std::string_view url) {
  Random random(process_seed() ^ std::hash<std::string_view>{}(url));
  return fmt::format("fanlight-{:016x}", random.next());
}

std::string extend_relay_chain(std::string_view upstream, std::string_view pseudonym) {
  const std::string relays = without_comments(upstream);
  std::string chain;
  size_t count = 1;  // ours
  for (std::string_view rest = relays; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view relay = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (relay.empty()) continue;  // a list may have empty elements (RFC 9110, 5.6.1.2)
    // `1.1 name`: the protocol, and the recipient.
    if (trimmed(relay.substr(std::min(relay.find(' '), relay.size()))) == pseudonym) {
      fail(ELOOP, "relay loop: it shows this server's pictures");
    }
    if (++count > kRelaysMax) {
      fail(ELOOP, fmt::format("more than {} relays in a row", kRelaysMax));
    }
    chain.append(relay).append(", ");
  }
  chain.append("1.1 ").append(pseudonym);
  if (chain.size() > CameraPanel::kViaBytesMax) fail(EPROTO, "Via too long");
  return chain;
}

}  // namespace fanlight
