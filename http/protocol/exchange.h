// SPDX-License-Identifier: Apache-2.0
// Exchange: one request and the buffer of its answer.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "http/auth/grant.h"
#include "http/protocol/request_reader.h"
#include "http/protocol/routes.h"

namespace fanlight {

// The shard lends it to a connection from the first byte of a request until its answer is sent, so
// that thousands of streams and idle connections hold none.
// Owns: its buffers. Thread: its shard's.
// Invariant: `route` is that of the reader's request once the head is complete.
class Exchange {
 public:
  static constexpr size_t kOutputSize = 4096;  // an answer's head, or a piece of its body

  // Leaves the buffer untouched: memory pages are used only as far as answers fill them.
  Exchange() {}

  const Request& request() const noexcept { return reader.request(); }
  std::span<char> output() noexcept { return output_; }

  RequestReader reader;
  Route route{};
  std::optional<Grant> grant;  // what the request may do, once that is decided

 private:
  std::array<char, kOutputSize> output_;
};

}  // namespace fanlight
