// SPDX-License-Identifier: Apache-2.0
// What another process says in a takeover: whatever passes is within its range, and says the same
// when it is written and read again.
#include <bit>
#include <string>
#include <vector>

#include "core/check.h"
#include "http/takeover/takeover_message.h"
#include "tests/fuzz/fuzz_target.h"

namespace fanlight {
namespace {

const Instant kNow = Instant(1000s);
const std::vector<CameraState> kCameras = {{"front", 500, 400}, {"back-2", 7, 7}};

void check_streams(const std::vector<StreamState>& streams) {
  std::vector<PassedStream> passed;
  for (const StreamState& state : streams) {
    CHECK(state.camera < kCameras.size());
    CHECK(state.progress.last_sequence <= state.progress.seen_sequence);
    CHECK(state.progress.seen_sequence <= kCameras[state.camera].sequence);
    CHECK(state.progress.pictures_before <= kCameras[state.camera].pictures);
    CHECK(std::has_single_bit(state.progress.step));
    CHECK(state.interval >= Duration::zero());
    CHECK(state.ustreamer.key_text().size() <= UstreamerOptions::kKeyMax);
    CHECK(state.frames == 0 || state.progress.frames_sent < state.frames);
    passed.push_back({.fd = -1, .state = state});
  }
  const auto again = decode_streams(encode(passed), kCameras, kNow);
  CHECK(again && *again == streams);
}

}  // namespace

void fuzz(std::string_view input) {
  if (const auto streams = decode_streams(input, kCameras, kNow)) check_streams(*streams);
  if (const auto cameras = decode_cameras(input))
    CHECK(decode_cameras(encode(*cameras)) == cameras);
  if (const auto names = decode_ready(input)) CHECK(decode_ready(encode_ready(*names)) == names);
  if (const auto listener = decode_listener(input)) {
    CHECK(decode_listener(encode(*listener)) == listener);
  }
  if (const auto offer = decode_offer(input)) CHECK(encode(*offer) == input);
  if (const auto welcome = decode_welcome(input)) CHECK(encode(*welcome) == input);
  if (const auto format = decode_hello(input)) CHECK(encode_hello(*format) == input);
  if (const auto count = decode_count(input)) {
    const auto kind = kind_of(input);
    CHECK(!kind || encode(*kind, *count) == input);
  }
}

}  // namespace fanlight
