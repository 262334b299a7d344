// SPDX-License-Identifier: Apache-2.0
// Predecessor: the side of a takeover that has the viewers, and gives them to its successor.
//
// While a successor prepares itself, this server serves as ever. Then, for a few milliseconds, no
// stream begins another frame, and the streams that have ended theirs are passed on. Up to the
// message `go` everything can be undone, and is, if the successor is not there any more.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/fd.h"
#include "core/mailbox.h"
#include "core/waker.h"
#include "http/state/server_state.h"
#include "http/takeover/passing_order.h"
#include "http/takeover/takeover_message.h"
#include "io/listener.h"
#include "io/message_socket.h"

namespace fanlight {

// What a successor is given besides the viewers, and what it may ask for. Borrowed.
struct Estate {
  ServerState& state;
  std::vector<Listener>& listeners;
  std::vector<Listener>& admin_listeners;
  bool are_inherited = false;  // `listeners`, from a service manager
  bool are_admin_inherited = false;
  int manager = -1;  // the socket to the service manager; -1: none
  std::optional<Duration> keep_alive_period{};
  // Tells the manager of its new main process.
  std::function<void(pid_t)> name_successor;
  // Closes the cameras that only one process can have open.
  std::function<void()> release_cameras;
  // As SIGHUP.
  std::function<void()> reload;
};

// The loop that waits for a predecessor's descriptors. Thread: main's.
class Watch {
 public:
  // Calls `on_ready` whenever `fd` is readable, until unwatch(). There is room for three.
  virtual void watch(int fd, std::function<void()> on_ready) = 0;
  virtual void unwatch(int fd) noexcept = 0;
  // There is a successor.
  virtual void end() noexcept = 0;

 protected:
  ~Watch() = default;
};

// Owns: the socket where successors appear, and the connection to one.
// Thread: main's, whose loop waits for it, and is ended by it. Outlives the shards.
// Invariant: without a successor that has answered `received`, this server has all its viewers.
class Predecessor {
 public:
  // Throws std::system_error.
  Predecessor(MessageListener listener, Watch& watch, Estate estate);

  // A successor has the viewers that were between two frames. This server must end: finish(), then
  // as ever.
  bool is_succeeded() const { return is_succeeded_; }

  // Passes on those that end their frame within a few seconds, and the cameras.
  void finish() noexcept;

 private:
  enum class Stage : uint8_t { none, greeted, offered };
  static constexpr uint32_t kFailed = UINT32_MAX;

  void meet() noexcept;
  void hear() noexcept;
  void answer(const std::string& message);
  bool greet(const std::string& message);
  bool offer();
  bool offer(const Listener& listener, PassedListener::Role role, bool is_inherited);
  void give(const std::vector<std::string>& cameras);
  bool give_streams() noexcept;
  bool describe_cameras();
  bool pass_streams();
  uint32_t pass_collected();
  bool pass(std::span<const PassedStream> streams);
  void order(PassingOrder::Step step);
  size_t busy() const;
  void set_limit(Duration limit);
  void drop(std::string_view why);
  bool say(const std::string& message, std::span<const int> descriptors = {});

  MessageListener listener_;
  Estate estate_;
  Watch& watch_;
  Fd limit_;  // timerfd: how long the successor may still take
  MessageSocket successor_;
  Stage stage_ = Stage::none;
  bool is_succeeded_ = false;
  Waker waker_;
  Mailbox mailbox_{waker_};
  std::vector<std::unique_ptr<PassingOrder>> orders_;  // one for each shard
  std::vector<CameraState> cameras_;                   // from which the successor goes on
};

}  // namespace fanlight
