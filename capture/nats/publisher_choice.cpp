// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/publisher_choice.h"

#include <utility>

namespace fanlight {

PublisherChoice::Verdict PublisherChoice::judge(std::string_view publisher, Instant now) {
  if (publisher == chosen_) {
    heard_at_ = now;
    return Verdict::chosen;
  }
  const bool is_silent = now - heard_at_ >= kPatience;
  if (!chosen_.empty() && publisher < chosen_ && !is_silent) {
    is_contested_ = true;
    return Verdict::other;
  }
  const bool is_taken = is_contested_ && is_silent;
  const bool is_first = chosen_.empty();
  chosen_ = publisher;
  heard_at_ = now;
  is_contested_ = false;
  if (is_first) return Verdict::chosen;
  return is_taken ? Verdict::taken : Verdict::changed;
}

}  // namespace fanlight
