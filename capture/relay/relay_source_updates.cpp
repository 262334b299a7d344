// SPDX-License-Identifier: Apache-2.0
// How a RelaySource pulls updates.
#include "capture/relay/relay_source.h"

namespace fanlight {
namespace {

// After so many without an update in between, users may wonder.
constexpr int kWholeFramesMax = 10;
// After so many in a row the request is the reason.
constexpr int kHangUpsMax = 2;

}  // namespace

void RelaySource::on_socket_bytes(std::string_view bytes) {
  kind_ = Kind::stream;
  for (;;) {
    const UpdateReader::Event event = updates_.read(bytes);
    const std::string reply = updates_.take_reply();
    if (!reply.empty()) fetch_.send(reply);
    switch (event) {
      case UpdateReader::Event::none:
        return;
      case UpdateReader::Event::picture:
        updates_.take(receiving_);
        note_whole_frame();
        on_picture(receiving_);
        break;
      case UpdateReader::Event::repeat:
        if (!newest_.is_there && !handed_over_.body.empty()) repeat();
        break;
      case UpdateReader::Event::damaged:
        return on_damage();
      case UpdateReader::Event::closed:
        return;  // the end follows our reply
    }
  }
}

// The picture stays, and the next connection begins with a whole one.
void RelaySource::on_damage() {
  ++losses_.damaged;
  log_gated(damage_gate_, clock_.now(), LogLevel::warning, "{}: damaged: {}; connecting again",
            shown_, updates_.problem());
  is_answered_ = true;
}

void RelaySource::on_hang_up() {
  if (++hang_ups_ == kHangUpsMax) return pull_whole_frames("it does not understand the request");
  is_answered_ = true;
}

// Nothing is switched: a camera that pans now may stand still later.
void RelaySource::note_whole_frame() {
  if (updates_.has_updates() || !receiving_.slate_reason.empty()) return;
  if (++whole_frames_ != kWholeFramesMax) return;
  log_info("{} has sent no updates so far: its pictures change all over, or cannot be divided",
           shown_);
}

void RelaySource::pull_whole_frames(std::string_view why) {
  say_no_updates(why);
  socket_url_.reset();
  ask({});
}

void RelaySource::say_no_updates(std::string_view why) const {
  log_warning("{} sends no updates; pulling whole frames ({})", shown_, why);
}

}  // namespace fanlight
