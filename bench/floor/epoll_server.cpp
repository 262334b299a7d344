// SPDX-License-Identifier: Apache-2.0
// The bare server with send() or sendfile(): one system call per frame, and epoll for the viewers
// whose socket took only part of it.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <system_error>
#include <utility>
#include <vector>

#include "bench/floor/server.h"
#include "core/check.h"

namespace fanlight {
namespace {

struct Viewer {
  int fd = -1;  // -1: gone
  uint8_t matched = 0;
  bool streaming = false;
  bool busy = false;   // its socket took part of a frame, which is pinned
  bool idle = false;   // is in idle_, which must drop it before it is used again
  uint32_t frame = 0;  // in the pool
  uint64_t sequence = 0;
  size_t sent = 0;
};

// Owns: the viewers' sockets. Thread: one.
// Invariant: a streaming viewer is either busy or in idle_.
class EpollServer {
 public:
  EpollServer(const FloorOptions& options, int listener, int stop, FramePool& frames,
              std::string_view stream_head);
  FloorFigures run();

 private:
  enum class Outcome { done, part, gone };

  void watch(int fd, uint32_t events, void* data);
  void make_frame_if_due();
  timespec* until_next_frame(timespec& storage) const;
  void accept_all();
  void on_event(Viewer& viewer, uint32_t events);
  bool read_request(Viewer& viewer);
  Outcome send_rest(Viewer& viewer);
  Outcome send_newest(Viewer& viewer);
  void serve_idle();
  void close(Viewer& viewer);

  const FloorOptions& options_;
  const int listener_;
  const int stop_;
  FramePool& frames_;
  const std::string_view stream_head_;
  FramePace pace_;
  Fd epoll_;
  std::deque<Viewer> viewers_;  // their addresses are stable
  std::vector<Viewer*> unused_;
  std::vector<Viewer*> idle_;  // have the newest frame
  FloorFigures figures_;
};

EpollServer::EpollServer(const FloorOptions& options, int listener, int stop, FramePool& frames,
                         std::string_view stream_head)
    : options_(options),
      listener_(listener),
      stop_(stop),
      frames_(frames),
      stream_head_(stream_head),
      pace_(options.interval),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::system_category(), "epoll");
  // Edge-triggered is enough: nothing needs to be reported twice, so no frame costs an epoll_ctl().
  CHECK(::fcntl(listener_, F_SETFL, O_NONBLOCK) == 0);
  watch(listener_, EPOLLIN | EPOLLET, nullptr);
  watch(stop_, EPOLLIN, this);
}

void EpollServer::watch(int fd, uint32_t events, void* data) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

FloorFigures EpollServer::run() {
  std::array<epoll_event, 256> events;
  for (;;) {
    make_frame_if_due();
    timespec storage;
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     until_next_frame(storage), nullptr);
    CHECK(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.ptr == this) return figures_;
      if (event.data.ptr == nullptr) {
        accept_all();
      } else {
        on_event(*static_cast<Viewer*>(event.data.ptr), event.events);
      }
    }
  }
}

void EpollServer::make_frame_if_due() {
  const bool due = pace_.is_timed() ? pace_.take(read_monotonic_clock())
                                    : frames_.sequence() == 0 || !idle_.empty();
  if (due && frames_.advance(read_wall_clock())) serve_idle();
}

// Nothing: no limit.
timespec* EpollServer::until_next_frame(timespec& storage) const {
  storage = {};
  if (!pace_.is_timed()) return idle_.empty() ? nullptr : &storage;
  const Duration left = std::max(pace_.due() - read_monotonic_clock(), Duration::zero());
  storage.tv_sec = left / 1s;
  storage.tv_nsec = (left % 1s).count();
  return &storage;
}

void EpollServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (unused_.empty()) unused_.push_back(&viewers_.emplace_back());
    Viewer& viewer = *unused_.back();
    unused_.pop_back();
    viewer = Viewer{};
    viewer.fd = fd;
    watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &viewer);
  }
}

void EpollServer::on_event(Viewer& viewer, uint32_t events) {
  if (viewer.fd < 0) return;
  if (viewer.streaming && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) return close(viewer);
  Outcome outcome = Outcome::part;
  if (viewer.busy) {
    if ((events & EPOLLOUT) == 0) return;
    outcome = send_rest(viewer);
  } else if (!viewer.streaming && (events & EPOLLIN) != 0) {
    if (!read_request(viewer)) return;
    outcome = send_newest(viewer);
  } else {
    return;
  }
  while (outcome == Outcome::done && viewer.sequence != frames_.sequence()) {
    outcome = send_newest(viewer);
  }
  if (outcome == Outcome::gone) return close(viewer);
  viewer.idle = outcome == Outcome::done;
  if (viewer.idle) idle_.push_back(&viewer);
}

// True when the request was complete and has been answered.
bool EpollServer::read_request(Viewer& viewer) {
  char bytes[4096];
  for (;;) {
    const ssize_t size = ::recv(viewer.fd, bytes, sizeof bytes, 0);
    if (size < 0 && errno == EAGAIN) return false;
    if (size <= 0) break;
    if (!ends_request(viewer.matched, {bytes, static_cast<size_t>(size)})) continue;
    // A fresh socket has room for a few hundred bytes.
    const ssize_t sent = ::send(viewer.fd, stream_head_.data(), stream_head_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(stream_head_.size())) break;
    return viewer.streaming = true;
  }
  close(viewer);
  return false;
}

EpollServer::Outcome EpollServer::send_rest(Viewer& viewer) {
  const FramePool::Frame& frame = frames_[viewer.frame];
  const size_t left = frame.size - viewer.sent;
  off_t offset = frame.offset + static_cast<off_t>(viewer.sent);
  const ssize_t sent = options_.method == FloorOptions::Method::sendfile
                           ? ::sendfile(viewer.fd, frames_.memfd(), &offset, left)
                           : ::send(viewer.fd, frame.data + viewer.sent, left, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return Outcome::gone;
  if (sent == static_cast<ssize_t>(left)) {
    ++figures_.frames;
    if (viewer.busy) --frames_[viewer.frame].pins;
    viewer.busy = false;
    return Outcome::done;
  }
  if (sent > 0) viewer.sent += static_cast<size_t>(sent);
  if (!viewer.busy) ++frames_[viewer.frame].pins;
  viewer.busy = true;
  return Outcome::part;
}

EpollServer::Outcome EpollServer::send_newest(Viewer& viewer) {
  viewer.frame = frames_.newest();
  viewer.sequence = frames_.sequence();
  viewer.sent = 0;
  return send_rest(viewer);
}

void EpollServer::serve_idle() {
  size_t kept = 0;
  for (Viewer* viewer : idle_) {
    const Outcome outcome = viewer->fd < 0 ? Outcome::gone : send_newest(*viewer);
    if (outcome == Outcome::done) {
      idle_[kept++] = viewer;
      continue;
    }
    viewer->idle = false;
    if (outcome == Outcome::gone) close(*viewer);
  }
  idle_.resize(kept);
}

void EpollServer::close(Viewer& viewer) {
  if (viewer.fd >= 0) ::close(std::exchange(viewer.fd, -1));
  if (std::exchange(viewer.busy, false)) --frames_[viewer.frame].pins;
  if (!viewer.idle) unused_.push_back(&viewer);
}

}  // namespace

FloorFigures serve_by_epoll(const FloorOptions& options, int listener, int stop, FramePool& frames,
                            std::string_view stream_head) {
  return EpollServer(options, listener, stop, frames, stream_head).run();
}

}  // namespace fanlight
