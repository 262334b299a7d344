// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/frame_joiner.h"

#include <span>

#include "capture/jpeg/jpeg_coefficients.h"

namespace fanlight {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

FrameJoiner::Event FrameJoiner::take(const FrameHeader& header, std::vector<std::byte>& payload) {
  return header.update == 0 ? take_whole(header, payload) : take_update(header, payload);
}

void FrameJoiner::restart() {
  joined_.forget();
  has_updates_ = false;
}

FrameJoiner::Event FrameJoiner::take_whole(const FrameHeader& header,
                                           std::vector<std::byte>& payload) {
  if (has_updates_ && joined_.sequence() == header.sequence) {
    write(payload);
    return Event::picture;
  }
  check_ = check_verbatim_jpeg(payload);
  if (!check_.ok()) return fail(check_.problem);
  joined_.take_whole(text_of(payload), header.sequence);
  return Event::picture;
}

FrameJoiner::Event FrameJoiner::take_update(const FrameHeader& header,
                                            std::vector<std::byte>& payload) {
  const std::string_view text = text_of(payload).substr(0, header.update);
  const std::string_view atlas = text_of(payload).substr(header.update);
  const std::string_view mistake = parse_update_message(text, message_);
  if (!mistake.empty()) return fail(mistake);
  if (!message_.update || message_.sequence != header.sequence) return fail("not its update");
  if (joined_.sequence() != message_.update->base) return Event::out_of_step;
  const std::string_view refusal = joined_.take_update(message_, atlas);
  if (!refusal.empty()) return fail(refusal);
  if (!atlas.empty() && !has_all_blocks(std::as_bytes(std::span(atlas)))) {
    return fail("the segments of the atlas are damaged");
  }
  write(payload);
  check_ = check_verbatim_jpeg(payload);
  if (!check_.ok()) return fail(check_.problem);
  has_updates_ = true;
  return Event::picture;
}

void FrameJoiner::write(std::vector<std::byte>& payload) const {
  payload.resize(joined_.size());
  joined_.write(reinterpret_cast<char*>(payload.data()));
}

FrameJoiner::Event FrameJoiner::fail(std::string_view problem) {
  joined_.forget();
  problem_ = problem;
  return Event::damaged;
}

}  // namespace fanlight
