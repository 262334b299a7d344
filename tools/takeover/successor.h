// SPDX-License-Identifier: Apache-2.0
// Successor: the side of a takeover that is new: it takes the listeners, the viewers and the place
// of the server that runs, its predecessor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fd.h"
#include "core/mailbox.h"
#include "core/time.h"
#include "core/waker.h"
#include "http/state/server_state.h"
#include "http/takeover/passing_order.h"
#include "http/takeover/takeover_message.h"
#include "io/message_socket.h"

namespace fanlight {

// An address of the predecessor's, with its sockets.
struct TakenListener {
  PassedListener passed;
  std::vector<Fd> sockets;
};

// Owns: the connection to the predecessor, and what was received and not used yet.
// Thread: main's.
// Errors: StartError (unavailable) when the predecessor breaks off, or is of another kind; it then
//   goes on serving.
class Successor {
 public:
  // Meets the server that listens at `path`.
  explicit Successor(const std::string& path);
  ~Successor();

  // Whether it runs the same file as this process.
  bool is_same_program() const;
  const Welcome& predecessor() const { return welcome_; }

  // Has it reload, as SIGHUP does.
  void have_it_reload();

  // Announces that this process takes over, and receives what can be shared meanwhile: the
  // listeners, and the socket to the service manager.
  void begin();
  std::vector<TakenListener> take_listeners() { return std::move(listeners_); }
  Fd take_manager() { return std::move(manager_); }
  std::optional<Duration> keep_alive_period() const { return offer_.keep_alive_period; }

  // Everything is ready except for the viewers. Returns where the cameras are; from then on viewers
  // wait.
  std::vector<CameraState> stop_predecessor(const std::vector<std::string>& cameras);
  // Receives the viewers that were between two frames; returns when they, and the place in the
  // world, are this server's.
  void take_viewers(Instant now);
  // Gives them to the shards, which are running.
  void deliver(ServerState& state);

  // The rest, while the server runs: fd() is readable when something has come, then on_ready().
  int fd() const { return predecessor_.fd(); }
  // False when that was the end: then fd() is not valid any more.
  bool on_ready(ServerState& state, Instant now) noexcept;
  // Cameras that only one process can have open are free.
  bool are_cameras_released() const { return are_cameras_released_; }

 private:
  MessageSocket::Received receive(Duration limit);
  void say(const std::string& message);
  bool find_camera(StreamState& stream, const ServerState& state) const;
  void add(PassedListener passed, std::vector<Fd> sockets);
  void take_streams(MessageSocket::Received message, Instant now);

  MessageSocket predecessor_;
  Welcome welcome_;
  std::vector<TakenListener> listeners_;
  Fd manager_;
  Offer offer_;
  std::vector<CameraState> cameras_;
  struct TakenStream {
    Fd socket;
    StreamState state;
  };
  std::vector<TakenStream> streams_;  // for deliver()
  bool are_cameras_released_ = false;
  Waker waker_;
  Mailbox mailbox_{waker_};
};

}  // namespace fanlight
