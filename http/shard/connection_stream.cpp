// SPDX-License-Identifier: Apache-2.0
// A stream: frames for one viewer, until the client leaves or the stream ends.
#include <utility>

#include "core/check.h"
#include "http/delivery/send_queue.h"
#include "http/shard/connection.h"

namespace fanlight {

void Connection::begin(const OpenStream& open) noexcept {
  state_ = State::answering;
  seat_ = open.seat;
  session_ = open;
  note_answer(open.head);
  sender_.send(open.head);
}

void Connection::continue_after_piece(OpenStream& open) noexcept {
  return_exchange();
  const OpenStream opened = open;
  Stream& stream = session_.emplace<Stream>(*this, opened, services_.now());
  sender_.register_descriptor();
  receive_nothing();
  if (seat_.may_end()) ensure_timer(seat_.ends);
  if (ending_) return end_stream(stream);
  pass_on_or_settle(stream);
}

// ---- a right to watch that ends ----

ClientSocket Connection::client() const noexcept {
  return {fd_, by_admin_listener_, by_tls_listener_, by_local_listener_, id_};
}

bool Connection::has_right_ended() const noexcept {
  const bool is_stream =
      std::holds_alternative<Stream>(session_) || std::holds_alternative<WebSocket>(session_);
  return is_stream && state_ == State::answering && services_.now() >= seat_.ends;
}

// In order, so that a browser keeps the last picture.
void Connection::end_watching() noexcept {
  seat_.ends = Seat::Second::max();
  if (is_sending()) check_progress();
  if (state_ != State::answering) return;
  if (auto* stream = std::get_if<Stream>(&session_)) return end_stream(*stream);
  if (auto* socket = std::get_if<WebSocket>(&session_)) {
    end_web_socket(*socket, CloseCode::policy);
  }
}

void Connection::send_frame(Viewer& viewer, const Piece& piece) noexcept {
  CHECK(state_ == State::answering);
  sender_.send_frame(viewer, piece);
}

void Connection::continue_after_piece(Stream& stream) noexcept {
  Viewer& viewer = *sender_.take_viewer();
  note_frame_sent(viewer);
  if (viewer.was_cut()) return close(Ending::reset);  // the answer is not complete
  if (viewer.is_finished()) return begin_lingering();
  pass_on_or_settle(stream);
}

// It is between two frames. What was to be passed on may have to end here.
void Connection::pass_on_or_settle(Stream& stream) noexcept {
  if (may_pass_on(stream)) return hold();
  if (is_held()) leave_line();
  services_.queue.settle(stream.viewer, services_.now());
}

void Connection::note_frame_sent(Viewer& viewer) noexcept {
  ChannelStats& stats = viewer.channel().stats();
  stats.frames_sent.add();
  if (viewer.is_sending_news()) {
    if (viewer.frame()->is_in_ring()) {
      stats.frame_age.record(services_.now() - viewer.frame()->info().captured_at);
    }
  }
  viewer.finish_frame(services_.now());
}

void Connection::check_time(Stream& stream) noexcept {
  if (sender_.peer_has_ended() && stream.viewer.frames_sent() == 0 && is_expired())
    return end_stream(stream);
  services_.queue.settle(stream.viewer, services_.now());
}

// A clip that lacks its end must not look complete.
void Connection::end_stream(Stream& stream) noexcept {
  Viewer& viewer = stream.viewer;
  if (viewer.options().is_clip) return close(Ending::reset);
  if (!viewer.is_sending() && !viewer.can_end_with_frame()) return end_empty_stream(stream);
  viewer.end_soon();
  if (!viewer.is_sending() && !is_held()) services_.queue.settle(viewer, services_.now());
}

// No frame was sent, so the closing delimiter follows the one that opened the first part.
void Connection::end_empty_stream(Stream& stream) noexcept {
  const bool seed = stream.viewer.options().seed_boundary;
  release_session();
  begin(Reply{.piece = Piece(seed ? kSeedClosing : kClosing), .keep_alive = false});
}

void Connection::visit_session(SessionVisitor& visitor) const noexcept {
  const auto* stream = std::get_if<Stream>(&session_);
  const auto* web_socket = std::get_if<WebSocket>(&session_);
  const Viewer* const own = stream != nullptr ? &stream->viewer : nullptr;
  const std::span<const Viewer* const> viewers = web_socket != nullptr
                                                     ? web_socket->viewers()
                                                     : std::span(&own, own != nullptr ? 1 : 0);
  if (viewers.empty()) return;
  visitor.visit({.connection_id = id_,
                 .client = seat_.client,
                 .bytes_sent = bytes_sent(),
                 .framing = stream != nullptr ? stream->framing : nullptr,
                 .viewers = viewers});
}

uint64_t Connection::held_sequence(const Channel& channel) noexcept {
  if (state_ >= State::closing) return 0;
  if (const uint64_t owed = sender_.oldest_owed_of(channel)) return owed;
  if (const Viewer* viewer = sender_.viewer();
      viewer != nullptr && &viewer->channel() == &channel && viewer->frame()->is_in_ring()) {
    return viewer->frame()->sequence();
  }
  const auto* reply = std::get_if<Reply>(&session_);
  if (reply != nullptr && reply->frame != nullptr && reply->channel == &channel) {
    return reply->frame->sequence();
  }
  return 0;
}

}  // namespace fanlight
