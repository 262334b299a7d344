// SPDX-License-Identifier: Apache-2.0
#include "tools/load/frame_follower.h"

#include <algorithm>
#include <optional>

namespace fanlight {
namespace {

// Values outside are not ages: the server's X-Timestamp is from another clock (mjpg-streamer sends
// the camera's, which counts from boot), or the clocks of the two machines differ.
constexpr Duration kAgeMin = -1s;
constexpr Duration kAgeMax = 1h;

}  // namespace

void FrameFollower::follow(const PartReader::Part& part, Instant now, LoadShared& shared,
                           LoadTally& tally) {
  const bool in_window = shared.is_in_window(now);
  tally.frames.add();
  tally.bytes.add(part.bytes);
  if (in_window) {
    ++figures_.frames;
    tally.window_frames.add();
    tally.window_bytes.add(part.bytes);
    if (part.was_looked_at) tally.looked_at.add();
  }
  if (part.sequence) tally.sequences.add();
  std::optional<uint64_t> key = part.sequence;
  if (!key && part.timestamp_us) key = static_cast<uint64_t>(*part.timestamp_us);
  if (key && has_last_key_ && *key == last_key_) {
    // The server repeated a frame so that the connection is not silent; its age means nothing.
    if (in_window) tally.repeats.add();
    return;
  }
  if (part.sequence) judge_sequence(*part.sequence, in_window, tally);
  if (part.timestamp_us) {
    const auto since_1970 = now.time_since_epoch() + shared.wall_offset;
    const WallTime wall(std::chrono::floor<std::chrono::microseconds>(since_1970));
    record_age(*part.timestamp_us, wall, in_window, tally);
  }
  if (!key) return;
  last_key_ = *key;
  has_last_key_ = true;
  record_rank(*key, now, in_window, shared);
}

void FrameFollower::judge_sequence(uint64_t sequence, bool in_window, LoadTally& tally) {
  if (!has_last_key_) return;
  if (sequence < last_key_) {
    tally.falling.add();
  } else if (in_window) {
    figures_.gaps += sequence - last_key_ - 1;
  }
}

void FrameFollower::record_age(int64_t timestamp_us, WallTime wall, bool in_window,
                               LoadTally& tally) const {
  const Duration age = wall - WallTime(std::chrono::microseconds(timestamp_us));
  if (age < kAgeMin || age > kAgeMax) return;
  if (kind_ == ViewerKind::fast) {
    tally.live_age.record(age);
    if (in_window) tally.fast_age.record(age);
  } else if (kind_ == ViewerKind::slow && in_window) {
    tally.slow_age.record(age);
  }
}

// Arrivals outside the window count for the others' ranks.
void FrameFollower::record_rank(uint64_t key, Instant now, bool in_window, LoadShared& shared) {
  if (kind_ != ViewerKind::fast) return;
  const uint32_t before = shared.arrivals.arrive(key, now);
  if (!in_window || before == ArrivalTable::kNotFollowed || shared.fast_viewers < 2) return;
  const auto last = static_cast<double>(shared.fast_viewers - 1);
  figures_.rank_sum += std::min(1.0, static_cast<double>(before) / last);
  ++figures_.ranks;
}

}  // namespace fanlight
