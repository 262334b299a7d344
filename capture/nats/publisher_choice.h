// SPDX-License-Identifier: Apache-2.0
// PublisherChoice: which publisher of a subject is shown, where there are several. It should be
// one: a camera that is published twice, or a forger.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.h"

namespace fanlight {

// Owns: the chosen publisher's name. Thread: one.
// Invariant: the one that started last is chosen (FrameHeader::publisher), so that all who hear the
//   same publishers choose the same, and one that is started again is chosen at once. Another one
//   takes its place when it has been silent for kPatience.
class PublisherChoice {
 public:
  enum class Verdict : uint8_t {
    chosen,   // the message counts
    changed,  // it does; it is the first one of another publisher than before
    other,    // it does not: there are two
    taken,    // the chosen one is silent, and this one, which was heard beside it, takes its place
  };
  // Longer than between two signs of life of a publisher that can still be heard.
  static constexpr Duration kPatience = 3s;

  Verdict judge(std::string_view publisher, Instant now);

  const std::string& chosen() const { return chosen_; }  // empty before the first one

 private:
  std::string chosen_;
  Instant heard_at_{};
  bool is_contested_ = false;  // another one was heard beside it
};

}  // namespace fanlight
