// SPDX-License-Identifier: Apache-2.0
// LoadViewer: one connection to the server under load, and how its user behaves.
//
//   fast       reads whatever is available
//   slow       reads a limited number of bytes per second, like a thin line
//   stalled    reads the response's head and one byte, and then nothing more
//   resetting  closes with a reset after its first frame, and reconnects
//   vanishing  closes in order in the middle of a frame, and reconnects
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "core/fd.h"
#include "core/random.h"
#include "core/time.h"
#include "tools/load/frame_follower.h"
#include "tools/load/load_options.h"
#include "tools/load/load_tally.h"
#include "tools/load/load_tls.h"
#include "tools/load/part_reader.h"
#include "tools/load/update_checker.h"

namespace fanlight {

// State shared by the viewers of one thread. Owns: its random numbers. Thread: one.
struct ViewerContext {
  LoadShared& shared;
  LoadTally& tally;
  int epoll_fd;
  std::span<char> scratch;  // receive buffer for bytes that are examined
  Random random;
  Instant now;  // read again for each complete frame

  Instant read_clock() { return now = read_monotonic_clock(); }
};

// Owns: its socket and the state of its stream, at most 512 bytes; with --segments some KB more, or
// a few pictures.
// Thread: one.
// Invariant: the socket is in the epoll set exactly while its events matter: a slow viewer that is
// reading is not in the set, because it reads by the clock.
class LoadViewer {
 public:
  // `index` counts all viewers of the run.
  LoadViewer(size_t index, ViewerKind kind, uint32_t check_every, uint64_t seed);

  // Opens the connection, for the first time or again.
  void connect(ViewerContext& context);

  // The socket is ready (EPOLL* of epoll_ctl(2)).
  void on_ready(ViewerContext& context, uint32_t events);

  // Every tick (about 40 ms): slow viewers read, and viewers that wait to reconnect do so.
  void on_tick(ViewerContext& context, Duration since_last_tick);

  // Closes anything still open; the run is over.
  void end();

  bool needs_ticks() const { return kind_ != ViewerKind::fast && kind_ != ViewerKind::stalled; }

  const ViewerFigures& figures() const { return follower_.figures(); }
  bool had_stream() const { return had_stream_; }
  bool had_frame() const { return had_frame_; }
  // It could not connect, or the response was not a stream, and it never had one before.
  bool was_refused() const { return was_refused_; }
  // With --segments: why its connection was given up; empty if it was not.
  std::string_view problem() const { return problem_; }
  // With --segments, of a viewer whose pictures are joined.
  std::optional<uint64_t> picture_hash() const;
  ViewerKind kind() const { return kind_; }
  size_t index() const { return index_; }

 private:
  enum class State : uint8_t {
    closed,
    connecting,
    handshaking,  // TLS
    receiving,
    stalling,
    leaving,
    waiting,
  };

  bool open_socket(ViewerContext& context);
  void on_connected(ViewerContext& context);
  void shake_hands(ViewerContext& context);
  void send_request(ViewerContext& context);
  ssize_t send_bytes(std::string_view bytes);
  ssize_t receive_bytes(std::span<char> room, bool discard);
  void connect_failed(ViewerContext& context, int error);
  void receive(ViewerContext& context, size_t budget);
  bool take(ViewerContext& context, std::string_view bytes);
  bool on_event(ViewerContext& context, PartReader::Event event);
  bool on_update_event(ViewerContext& context, UpdateChecker::Event event);
  void count_update(ViewerContext& context) const;
  bool give_up(ViewerContext& context);
  bool is_in_frame() const;
  bool on_head(ViewerContext& context);
  bool on_part(ViewerContext& context, const PartReader::Part& part);
  void stall(ViewerContext& context);
  void leave(ViewerContext& context);
  void on_disconnect(ViewerContext& context);
  void settle(ViewerContext& context);
  void close_socket(ViewerContext& context);
  void come_again(ViewerContext& context);
  void watch(ViewerContext& context, uint32_t events);

  PartReader reader_;
  std::unique_ptr<UpdateChecker> updates_;  // with --segments, while connected and after
  std::string_view problem_;
  FrameFollower follower_;
  Instant called_{};       // when connect() was called
  Instant comes_again_{};  // in State::waiting
  double tokens_ = 0;      // bytes that a slow viewer may read
  uint32_t index_;
  uint32_t check_every_;
  uint32_t frames_left_ = 0;  // until a vanishing viewer leaves
  Fd socket_;
  std::unique_ptr<LoadTls> tls_;  // of an https:// URL, while connected
  ViewerKind kind_;
  State state_ = State::closed;
  bool is_watched_ = false;  // it is in the epoll set
  bool had_stream_ = false;
  bool had_frame_ = false;
  bool was_refused_ = false;
  bool has_stream_ = false;  // this connection was answered with a stream
  bool was_called_ = false;
  bool is_settled_ = false;
};

static_assert(sizeof(LoadViewer) <= 512, "ten thousand of them shall be small");

}  // namespace fanlight
