// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_viewer.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

#include "core/check.h"
#include "core/web_socket/client_frame.h"

namespace fanlight {
namespace {

// One receive for a part's head. Bytes of the JPEG after it are copied in vain, so it is no larger
// than a head.
constexpr size_t kHeadBytes = 256;
// A viewer whose server always has more must not keep the others waiting.
constexpr size_t kBytesPerTurn = 1 << 20;
// Credit of a slow viewer: the line's capacity is lost while the server sends nothing.
constexpr Duration kCreditMax = 100ms;
constexpr Duration kComesAgainMin = 50ms;
constexpr Duration kComesAgainSpread = 100ms;

bool is_temporary(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

LoadViewer::LoadViewer(size_t index, ViewerKind kind, uint32_t check_every, uint64_t seed)
    : reader_(check_every, static_cast<uint32_t>((index + seed) % check_every)),
      follower_(kind),
      index_(static_cast<uint32_t>(index)),
      check_every_(check_every),
      kind_(kind) {}

void LoadViewer::on_ready(ViewerContext& context, uint32_t events) {
  switch (state_) {
    case State::connecting: {
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) {
        connect_failed(context, error);
      } else if ((events & EPOLLOUT) != 0) {
        on_connected(context);
      }
      break;
    }
    case State::handshaking:
      shake_hands(context);
      break;
    case State::receiving:
    case State::leaving:
      receive(context, kBytesPerTurn);
      break;
    case State::stalling:
      on_disconnect(context);
      break;
    case State::closed:
    case State::waiting:
      break;  // an event of the same batch closed it
  }
}

void LoadViewer::on_tick(ViewerContext& context, Duration since_last_tick) {
  if (state_ == State::waiting || state_ == State::leaving) {
    if (context.now < comes_again_) return;
    close_socket(context);
    connect(context);
  } else if (state_ == State::receiving && kind_ == ViewerKind::slow) {
    const auto rate = static_cast<double>(context.shared.options.slow_rate);
    tokens_ = std::min(tokens_ + rate * to_seconds(since_last_tick),
                       std::max(1.0, rate * to_seconds(kCreditMax)));
    receive(context, static_cast<size_t>(tokens_));
  }
}

// The socket is watched level-triggered: the receive that ends a part gets all the bytes it asked
// for, and edge-triggered another one would have to prove that nothing is left. So a frame that
// arrived whole costs two receives, one for the head and one for the rest.
void LoadViewer::receive(ViewerContext& context, size_t budget) {
  while (budget > 0) {
    const size_t unseen = state_ == State::leaving ? kBytesPerTurn : reader_.discardable();
    const bool wants_all = reader_.wants_all() || (updates_ && has_stream_);
    size_t wanted = wants_all ? context.scratch.size() : kHeadBytes;
    if (unseen > 0) wanted = unseen;
    // One byte at a time until it has seen enough: it must not read more than documented.
    if (kind_ == ViewerKind::stalled) wanted = 1;
    wanted = std::min({wanted, budget, context.scratch.size()});
    const ssize_t received = receive_bytes(context.scratch.first(wanted), unseen > 0);
    if (received < 0 && is_temporary(errno)) return;
    if (received <= 0) {
      on_disconnect(context);
      return;
    }
    const auto count = static_cast<size_t>(received);
    budget -= count;
    tokens_ -= static_cast<double>(count);
    if (state_ == State::leaving) continue;
    const bool goes_on = unseen > 0 ? on_event(context, reader_.discard(count))
                                    : take(context, {context.scratch.data(), count});
    if (!goes_on) return;
    if (tls_ != nullptr && tls_->has_pending()) continue;
    if (count < wanted || (unseen > 0 && is_watched_)) return;
  }
}

// False when the connection is no longer read.
bool LoadViewer::take(ViewerContext& context, std::string_view bytes) {
  const bool had_stream = has_stream_;
  while (!bytes.empty()) {
    const bool goes_on = updates_ && has_stream_ ? on_update_event(context, updates_->read(bytes))
                                                 : on_event(context, reader_.read(bytes));
    if (!goes_on) return false;
  }
  if (kind_ == ViewerKind::stalled && had_stream) {
    stall(context);
    return false;
  }
  if (kind_ == ViewerKind::vanishing && frames_left_ == 0 && is_in_frame()) {
    leave(context);
    return false;
  }
  return true;
}

bool LoadViewer::on_event(ViewerContext& context, PartReader::Event event) {
  switch (event) {
    case PartReader::Event::none:
      return true;
    case PartReader::Event::head:
      return on_head(context);
    case PartReader::Event::part:
      return on_part(context, reader_.part());
    case PartReader::Event::torn:
      context.tally.torn.add();
      return true;
  }
  return true;
}

// False when the connection is no longer read.
bool LoadViewer::on_update_event(ViewerContext& context, UpdateChecker::Event event) {
  switch (event) {
    case UpdateChecker::Event::none:
      return true;
    case UpdateChecker::Event::frame: {
      const bool goes_on = on_part(context, updates_->part());
      count_update(context);
      return goes_on;
    }
    case UpdateChecker::Event::ping: {
      const std::string pong = make_client_frame(WebSocketOpcode::pong, updates_->control());
      send_bytes(pong);
      return true;
    }
    case UpdateChecker::Event::closed:
      on_disconnect(context);
      return false;
    case UpdateChecker::Event::broken:
      return give_up(context);
  }
  return true;
}

// At the time of on_part(), so that both count it or neither does.
void LoadViewer::count_update(ViewerContext& context) const {
  if (!context.shared.is_in_window(context.now)) return;
  LoadTally& tally = context.tally;
  if (updates_->kind() == UpdateChecker::Kind::empty) return tally.empty_updates.add();
  const bool is_whole = updates_->kind() == UpdateChecker::Kind::whole;
  (is_whole ? tally.whole_frames : tally.updates).add();
  (is_whole ? tally.whole_bytes : tally.update_bytes).add(updates_->part().bytes);
}

// After a broken update the following ones mean nothing.
bool LoadViewer::give_up(ViewerContext& context) {
  context.tally.broken.add();
  problem_ = updates_->problem();
  settle(context);
  close_socket(context);
  come_again(context);
  return false;
}

bool LoadViewer::is_in_frame() const {
  return updates_ ? updates_->is_in_message() : reader_.is_in_body();
}

std::optional<uint64_t> LoadViewer::picture_hash() const {
  return updates_ ? updates_->hash() : std::nullopt;
}

bool LoadViewer::on_head(ViewerContext& context) {
  LoadTally& tally = context.tally;
  const PartReader::Head& head = reader_.head();
  const bool is_stream =
      updates_ ? head.status == 101 : head.status == 200 && head.is_multipart && !head.is_chunked;
  if (is_stream) {
    has_stream_ = true;
    tally.open.add();
    if (!had_stream_) tally.connected.add();
    had_stream_ = true;
    return true;
  }
  if (head.status == 503) {
    tally.refused_503.add();
    if (head.has_retry_after) tally.refused_503_with_retry_after.add();
  } else if (head.status == 200) {
    tally.not_multipart.add();
  } else {
    tally.refused_other.add();
  }
  if (head.status != 200) {
    tally.statuses[head.status < tally.statuses.size() ? head.status : 0].add();
  }
  was_refused_ = !had_stream_;
  settle(context);
  close_socket(context);
  come_again(context);
  return false;
}

bool LoadViewer::on_part(ViewerContext& context, const PartReader::Part& part) {
  const Instant now = context.read_clock();
  follower_.follow(part, now, context.shared, context.tally);
  if (!had_frame_) {
    had_frame_ = true;
    context.tally.first_frame.record(now - called_);
    settle(context);
  }
  if (frames_left_ > 0) --frames_left_;
  if (kind_ != ViewerKind::resetting) return true;
  // RST instead of FIN (socket(7)).
  const linger reset{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close_socket(context);
  come_again(context);
  return false;
}

// It has seen the head and one byte. From now on it only learns of the connection's end.
void LoadViewer::stall(ViewerContext& context) {
  state_ = State::stalling;
  watch(context, EPOLLRDHUP);
  settle(context);
}

// FIN. Bytes that still arrive are discarded, because close() with unread bytes would be a reset.
void LoadViewer::leave(ViewerContext& context) {
  ::shutdown(socket_.get(), SHUT_WR);
  if (has_stream_) context.tally.open.subtract();
  has_stream_ = false;
  come_again(context);
  state_ = State::leaving;
}

void LoadViewer::on_disconnect(ViewerContext& context) {
  if (state_ == State::stalling) {
    context.tally.stalled_closed.add();
    context.tally.stalled_life.record(context.read_clock() - called_);
  } else if (state_ != State::leaving) {
    context.tally.disconnected.add();
  }
  settle(context);
  close_socket(context);
  come_again(context);
}

void LoadViewer::settle(ViewerContext& context) {
  if (!is_settled_) context.tally.settled.add();
  is_settled_ = true;
}

void LoadViewer::close_socket(ViewerContext& context) {
  if (has_stream_) context.tally.open.subtract();
  has_stream_ = false;
  tls_.reset();
  socket_.reset();  // this also removes it from the epoll set, epoll(7)
  is_watched_ = false;
  state_ = State::closed;
}

// Viewers that leave by themselves reconnect; refused ones stay away.
void LoadViewer::come_again(ViewerContext& context) {
  if (kind_ != ViewerKind::resetting && kind_ != ViewerKind::vanishing) {
    context.tally.gone.add();
    return;
  }
  const auto spread = static_cast<uint64_t>(kComesAgainSpread.count());
  comes_again_ =
      context.now + kComesAgainMin + Duration(static_cast<int64_t>(context.random.below(spread)));
  state_ = State::waiting;
}

void LoadViewer::watch(ViewerContext& context, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = this;
  const bool wanted = events != 0;
  if (!wanted && !is_watched_) return;
  const int operation = !wanted ? EPOLL_CTL_DEL : is_watched_ ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(context.epoll_fd, operation, socket_.get(), &event) == 0) {
    is_watched_ = wanted;
  } else {
    connect_failed(context, errno);  // fs.epoll.max_user_watches, epoll(7), or no memory
  }
}

void LoadViewer::end() {
  tls_.reset();
  socket_.reset();
  state_ = State::closed;
}

}  // namespace fanlight
