// SPDX-License-Identifier: Apache-2.0
// The bare server with io_uring: one system call submits the sends of many viewers.
#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <optional>
#include <system_error>
#include <vector>

#include "bench/floor/bundle_rings.h"
#include "bench/floor/server.h"
#include "core/check.h"

namespace fanlight {
namespace {

// From headers newer than those of liburing 2.3.
constexpr uint16_t kReportUsage = 1u << 3;   // IORING_SEND_ZC_REPORT_USAGE, Linux 6.2
constexpr uint32_t kUsageCopied = 1u << 31;  // IORING_NOTIF_USAGE_ZC_COPIED

constexpr unsigned kCompletionEntries = 32768;

// Values of user_data other than addresses of viewers.
constexpr uint64_t kAccept = 1;
constexpr uint64_t kStop = 2;
constexpr uint64_t kClose = 3;

void require(int result, const char* what) {
  if (result < 0) throw std::system_error(-result, std::system_category(), what);
}

struct Viewer {
  enum class State : uint8_t { reading, head, sending, idle };
  int socket = -1;  // a descriptor, or the index of a direct one
  State state = State::reading;
  uint8_t matched = 0;
  bool bundled = false;  // a bundle is in flight
  uint32_t frame = 0;    // in the pool, pinned while sending
  uint64_t sequence = 0;
  size_t sent = 0;
  unsigned index = 0;  // its buffer group, for bundles
  std::array<char, 512> request;
};

// Owns: the ring and the viewers' sockets. Thread: the one that made it (SINGLE_ISSUER).
// Invariant: each viewer has at most one request in flight. Zero-copy notifications arrive later
//   and name the frame that they release, not the viewer.
class UringServer {
 public:
  UringServer(const FloorOptions& options, int listener, int stop, FramePool& frames,
              std::string_view stream_head);
  UringServer(const UringServer&) = delete;
  UringServer& operator=(const UringServer&) = delete;
  ~UringServer();
  FloorFigures run();

 private:
  io_uring_sqe* next_sqe();
  void own(io_uring_sqe* sqe, Viewer& viewer) const;
  void make_frame_if_due();
  void enter();
  void on_completion(const io_uring_cqe& cqe);
  void on_accepted(const io_uring_cqe& cqe);
  void on_viewer(Viewer& viewer, const io_uring_cqe& cqe);
  void on_request(Viewer& viewer, int size);
  void on_sent(Viewer& viewer, const io_uring_cqe& cqe);
  void accept();
  void receive(Viewer& viewer);
  void send_newest(Viewer& viewer);
  void send_rest(Viewer& viewer);
  void close(Viewer& viewer);

  const FloorOptions& options_;
  const int listener_;
  FramePool& frames_;
  const std::string_view stream_head_;
  FramePace pace_;
  io_uring ring_{};
  std::optional<BundleRings> bundles_;
  bool stopped_ = false;
  std::deque<Viewer> viewers_;  // their addresses are stable
  std::vector<Viewer*> unused_;
  std::vector<Viewer*> idle_;  // have the newest frame
  std::vector<Viewer*> served_;
  FloorFigures figures_;
};

UringServer::UringServer(const FloorOptions& options, int listener, int stop, FramePool& frames,
                         std::string_view stream_head)
    : options_(options),
      listener_(listener),
      frames_(frames),
      stream_head_(stream_head),
      pace_(options.interval) {
  io_uring_params params{};
  params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_TASKRUN_FLAG;
  params.cq_entries = kCompletionEntries;
  require(io_uring_queue_init_params(options.batch, &ring_, &params), "io_uring_setup");
  if (options.direct) {
    require(io_uring_register_files_sparse(&ring_, options.viewers_max), "direct descriptors");
  }
  if (options.registered) {
    const iovec memory{frames_.memory(), frames_.memory_size()};
    require(io_uring_register_buffers(&ring_, &memory, 1), "registered buffers");
  }
  if (options.bundle) bundles_.emplace(ring_, options.viewers_max);
  accept();
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_poll_add(sqe, stop, POLLIN);
  sqe->user_data = kStop;
}

UringServer::~UringServer() {
  io_uring_queue_exit(&ring_);
}

// A full queue is submitted, so that a batch is one system call.
io_uring_sqe* UringServer::next_sqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

// Encodes the viewer of a completion, and the frame it releases: addresses have 48 bits at most.
void UringServer::own(io_uring_sqe* sqe, Viewer& viewer) const {
  static_assert(FramePool::kPlaces <= 1u << 16);
  sqe->user_data = reinterpret_cast<uintptr_t>(&viewer) | uint64_t{viewer.frame} << 48;
  if (options_.direct) sqe->flags |= IOSQE_FIXED_FILE;
}

FloorFigures UringServer::run() {
  while (!stopped_) {
    make_frame_if_due();
    enter();
    unsigned head = 0;
    unsigned count = 0;
    io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      on_completion(*cqe);
      ++count;
    }
    io_uring_cq_advance(&ring_, count);
  }
  return figures_;
}

void UringServer::make_frame_if_due() {
  const bool due = pace_.is_timed() ? pace_.take(read_monotonic_clock())
                                    : frames_.sequence() == 0 || !idle_.empty();
  if (!due || !frames_.advance(read_wall_clock())) return;
  served_.clear();
  idle_.swap(served_);
  for (Viewer* viewer : served_) send_newest(*viewer);
}

// Submits the prepared requests and waits for a completion, if there is none, until the next frame
// is due.
void UringServer::enter() {
  if (io_uring_cq_ready(&ring_) > 0 || (!pace_.is_timed() && !idle_.empty())) {
    io_uring_submit_and_get_events(&ring_);
  } else if (!pace_.is_timed()) {
    io_uring_submit_and_wait(&ring_, 1);
  } else if (const Duration left = pace_.due() - read_monotonic_clock(); left > 0ns) {
    io_uring_cqe* first = nullptr;
    __kernel_timespec timeout{left / 1s, (left % 1s).count()};
    io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  } else {
    io_uring_submit_and_get_events(&ring_);
  }
  // One call runs about 20 items of deferred work (see uring_backend.cpp). The flag may stay set
  // with nothing left: another processor adds work and then sets it, and we may run the work in
  // between.
  unsigned before = 0;
  do {
    before = io_uring_cq_ready(&ring_);
    if ((IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_TASKRUN) == 0) return;
    io_uring_get_events(&ring_);
  } while (io_uring_cq_ready(&ring_) > before);
}

void UringServer::on_completion(const io_uring_cqe& cqe) {
  if (cqe.user_data == kAccept) return on_accepted(cqe);
  if (cqe.user_data == kStop) stopped_ = true;
  if (cqe.user_data <= kClose) return;
  if ((cqe.flags & IORING_CQE_F_NOTIF) != 0) {
    --frames_[static_cast<uint32_t>(cqe.user_data >> 48)].pins;
    if ((static_cast<uint32_t>(cqe.res) & kUsageCopied) != 0) ++figures_.copied;
    return;
  }
  constexpr uint64_t kAddress = (uint64_t{1} << 48) - 1;
  on_viewer(*reinterpret_cast<Viewer*>(static_cast<uintptr_t>(cqe.user_data & kAddress)), cqe);
}

void UringServer::accept() {
  io_uring_sqe* sqe = next_sqe();
  if (options_.direct) {
    io_uring_prep_multishot_accept_direct(sqe, listener_, nullptr, nullptr, 0);
  } else {
    io_uring_prep_multishot_accept(sqe, listener_, nullptr, nullptr, SOCK_CLOEXEC);
  }
  sqe->user_data = kAccept;
}

void UringServer::on_accepted(const io_uring_cqe& cqe) {
  if ((cqe.flags & IORING_CQE_F_MORE) == 0) accept();
  if (cqe.res < 0) return;
  if (unused_.empty()) {
    CHECK(viewers_.size() < options_.viewers_max);
    Viewer& viewer = viewers_.emplace_back();
    viewer.index = static_cast<unsigned>(viewers_.size() - 1);
    if (bundles_) bundles_->add_viewer(viewer.index);
    unused_.push_back(&viewer);
  }
  Viewer& viewer = *unused_.back();
  unused_.pop_back();
  viewer.socket = cqe.res;
  viewer.state = Viewer::State::reading;
  viewer.matched = 0;
  receive(viewer);
}

void UringServer::receive(Viewer& viewer) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv(sqe, viewer.socket, viewer.request.data(), viewer.request.size(), 0);
  own(sqe, viewer);
}

void UringServer::on_viewer(Viewer& viewer, const io_uring_cqe& cqe) {
  switch (viewer.state) {
    case Viewer::State::reading:
      return on_request(viewer, cqe.res);
    case Viewer::State::head:
      if (cqe.res != static_cast<int>(stream_head_.size())) return close(viewer);
      return send_newest(viewer);
    case Viewer::State::sending:
      return on_sent(viewer, cqe);
    case Viewer::State::idle:
      CHECK(false);
  }
}

void UringServer::on_request(Viewer& viewer, int size) {
  if (size <= 0) return close(viewer);
  if (!ends_request(viewer.matched, {viewer.request.data(), static_cast<size_t>(size)})) {
    return receive(viewer);
  }
  viewer.state = Viewer::State::head;
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_send(sqe, viewer.socket, stream_head_.data(), stream_head_.size(),
                     MSG_WAITALL | MSG_NOSIGNAL);
  own(sqe, viewer);
}

void UringServer::send_newest(Viewer& viewer) {
  viewer.state = Viewer::State::sending;
  viewer.frame = frames_.newest();
  viewer.sequence = frames_.sequence();
  viewer.sent = 0;
  ++frames_[viewer.frame].pins;
  if (!bundles_) return send_rest(viewer);
  io_uring_sqe* sqe = next_sqe();
  bundles_->prepare(sqe, viewer.index, viewer.socket, frames_[viewer.frame]);
  own(sqe, viewer);
  viewer.bundled = true;
}

void UringServer::send_rest(Viewer& viewer) {
  const FramePool::Frame& frame = frames_[viewer.frame];
  const char* data = frame.data + viewer.sent;
  const size_t size = frame.size - viewer.sent;
  const int flags = MSG_NOSIGNAL | (options_.wait_all ? MSG_WAITALL : 0);
  io_uring_sqe* sqe = next_sqe();
  if (options_.registered) {
    io_uring_prep_send_zc_fixed(sqe, viewer.socket, data, size, flags, kReportUsage, 0);
  } else if (options_.zero_copy) {
    io_uring_prep_send_zc(sqe, viewer.socket, data, size, flags, kReportUsage);
  } else {
    io_uring_prep_send(sqe, viewer.socket, data, size, flags);
  }
  own(sqe, viewer);
  viewer.bundled = false;
}

void UringServer::on_sent(Viewer& viewer, const io_uring_cqe& cqe) {
  FramePool::Frame& frame = frames_[viewer.frame];
  const bool is_zero_copy = (cqe.flags & IORING_CQE_F_MORE) != 0;
  if (is_zero_copy) ++frame.pins;  // for the notification that follows
  const size_t sent = cqe.res > 0 ? static_cast<size_t>(cqe.res) : 0;
  viewer.sent += sent;
  if (viewer.sent < frame.size) {
    const bool is_full = viewer.bundled && cqe.res == -EAGAIN;
    if (viewer.bundled) bundles_->clear(viewer.index);
    if (sent > 0 || is_full) return send_rest(viewer);
    --frame.pins;
    return close(viewer);
  }
  --frame.pins;
  ++figures_.frames;
  if (viewer.sequence != frames_.sequence()) return send_newest(viewer);
  viewer.state = Viewer::State::idle;
  idle_.push_back(&viewer);
}

void UringServer::close(Viewer& viewer) {
  unused_.push_back(&viewer);
  if (!options_.direct) {
    ::close(viewer.socket);
    return;
  }
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_close_direct(sqe, static_cast<unsigned>(viewer.socket));
  sqe->user_data = kClose;
}

}  // namespace

FloorFigures serve_by_uring(const FloorOptions& options, int listener, int stop, FramePool& frames,
                            std::string_view stream_head) {
  return UringServer(options, listener, stop, frames, stream_head).run();
}

}  // namespace fanlight
