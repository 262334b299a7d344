// SPDX-License-Identifier: Apache-2.0
// A stream changes the process that sends it: it is held between two frames, nothing of it is left
// in flight, and the other process gets its socket and its state. Until this one is told that the
// other has them, it can resume.
#include <cerrno>

#include "core/check.h"
#include "http/delivery/send_queue.h"
#include "http/shard/connection.h"
#include "http/takeover/stream_state.h"

namespace fanlight {
namespace {

ViewerOptions viewer_options(const StreamState& state, bool paced, bool peer_is_local,
                             Framing* framing) noexcept {
  ViewerOptions options;
  options.seed_boundary = state.seed_boundary;
  options.advance_headers = state.advance_headers;
  options.dual_final_frames = state.dual_final_frames;
  options.pinned = state.pinned;
  options.paced = paced;
  options.peer_is_local = peer_is_local;
  options.interval = state.interval;
  options.frames = state.frames;
  options.framing = framing;
  return options;
}

UstreamerWishes ustreamer_wishes(const UstreamerFraming* framing) noexcept {
  UstreamerWishes state;
  if (framing == nullptr) return state;
  state.is_used = true;
  state.extra_headers = framing->extra_headers();
  state.zero_data = framing->zero_data();
  state.key_size = static_cast<uint8_t>(framing->key().copy(state.key.data(), state.key.size()));
  return state;
}

}  // namespace

// ---- passing it on ----

bool Connection::is_held() const noexcept {
  return ListHook<GivesWay>::is_linked() && line_ >= Line::finishing;
}

// The keys of a TLS connection, and what was read of it, are in OpenSSL's memory. The history, and
// whether a rung was chosen, are not passed on.
bool Connection::may_pass_on(const Stream& stream) const noexcept {
  const Viewer& viewer = stream.viewer;
  if (services_.passing == nullptr || tls_ != nullptr) return false;
  if (ending_ || viewer.is_ending() || viewer.is_replaying()) return false;
  Channel& top = viewer.channel().top();
  const bool has_chosen_rung = viewer.options().pinned && &viewer.home() != &top;
  return !has_chosen_rung && (*services_.passing)[services_.camera_of(top)];
}

void Connection::hold() noexcept {
  auto* stream = std::get_if<Stream>(&session_);
  if (state_ != State::answering || stream == nullptr || !may_pass_on(*stream)) return;
  services_.queue.withdraw(stream->viewer);
  // Memory that the kernel still sends from must outlive this process's interest in the stream.
  if (is_sending() || sender_.owes_memory()) return join(Line::finishing);
  join(Line::detaching);
  if (!receive_.in_flight()) return park();
  services_.reactor.cancel(receive_);
  ensure_timer(services_.now() + kCancelAgain);
}

// The receive of a connection in Line::detaching has completed. The end of the peer's bytes is
// found again by whoever receives next.
void Connection::detached(int result) noexcept {
  if (result < 0 && result != -ECANCELED && result != -EINTR) return close(Ending::reset);
  park();
}

void Connection::park() noexcept {
  CHECK(!receive_.in_flight() && !is_sending() && !sender_.owes_memory());
  services_.reactor.timers().clear(timer_);
  sender_.unregister_descriptor();
  join(Line::parked);
}

void Connection::describe(PassedStream& passed) noexcept {
  CHECK(is_held() && line_ == Line::parked);
  const Stream& stream = std::get<Stream>(session_);
  const ViewerOptions& options = stream.viewer.options();
  passed = {.fd = fd_, .state = {}};
  StreamState& state = passed.state;
  state.camera = static_cast<uint16_t>(services_.camera_of(stream.viewer.channel().top()));
  state.by_admin_listener = by_admin_listener_;
  state.by_local_listener = by_local_listener_;
  state.seed_boundary = options.seed_boundary;
  state.advance_headers = options.advance_headers;
  state.dual_final_frames = options.dual_final_frames;
  state.pinned = options.pinned;
  state.interval = options.interval;
  state.frames = options.frames;
  state.progress = stream.viewer.progress();
  // It goes on at rung 0, whose pictures are counted by themselves.
  if (Channel& top = stream.viewer.channel().top(); &stream.viewer.channel() != &top) {
    state.progress.pictures_before = top.ring().continuation().pictures;
  }
  state.ustreamer = ustreamer_wishes(stream.framing);
  state.client = seat_.client;
  state.ends = seat_.ends.time_since_epoch().count();
  state.bytes_per_second = seat_.place.bytes_per_second;
  state.bytes_sent = bytes_sent();
  join(Line::passed);
}

void Connection::give_away() noexcept {
  CHECK(is_held() && line_ == Line::passed);
  leave_line();
  end_record();
  release_memory();
  state_ = State::closed;
  services_.reactor.backend().detach(fd_);
  services_.reactor.submit(control_, io_uring_prep_close, fd_);
}

void Connection::resume() noexcept {
  CHECK(is_held());
  const bool has_left = line_ >= Line::parked;
  leave_line();
  if (has_left) sender_.register_descriptor();
  if (!receive_.in_flight()) receive_nothing();
  if (seat_.may_end()) ensure_timer(seat_.ends);
  Viewer& viewer = std::get<Stream>(session_).viewer;
  if (!is_sending()) services_.queue.settle(viewer, services_.now());
}

// What may become a stream yet follows, or is ended with the server.
void Connection::end_unless_held() noexcept {
  const bool has_viewers =
      std::holds_alternative<Stream>(session_) || std::holds_alternative<WebSocket>(session_);
  const bool is_idle = state_ == State::waiting && !is_new_;
  if (!is_held() && (has_viewers || is_idle)) end_soon();
}

// Only a connection in Line::detaching waits for time: its cancel may have had no effect.
void Connection::check_held() noexcept {
  if (line_ != Line::detaching) return;
  services_.reactor.cancel(receive_);
  ensure_timer(services_.now() + kCancelAgain);
}

// ---- going on with another process's ----

void Connection::start_stream(const ConnectionPlace& place, const Seat& seat,
                              const StreamState& state) noexcept {
  place_ = place;
  seat_ = seat;
  is_new_ = false;
  state_ = State::answering;
  UstreamerFraming* framing = nullptr;
  if (state.ustreamer.is_used) {
    framing = services_.ustreamer_framings.make(
        UstreamerOptions{.extra_headers = state.ustreamer.extra_headers,
                         .zero_data = state.ustreamer.zero_data,
                         .key = state.ustreamer.key_text()});
    CHECK(framing != nullptr);  // there is one per connection
  }
  const bool is_local = services_.reactor.backend().peer_address(fd_).is_local;
  const ViewerOptions options = viewer_options(state, seat.place.paced, is_local, framing);
  Stream& stream = session_.emplace<Stream>(*this, services_.channel(state.camera), options,
                                            state.progress, framing);
  sender_.continue_from(state.bytes_sent);
  sender_.register_descriptor();
  receive_nothing();
  if (seat_.may_end()) ensure_timer(seat_.ends);
  services_.queue.settle(stream.viewer, services_.now());
}

}  // namespace fanlight
