// SPDX-License-Identifier: Apache-2.0
// Service: the running server as the administrator, the service manager, its predecessor and its
// successor see it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/shard/server.h"
#include "http/state/server_state.h"
#include "io/message_socket.h"
#include "tools/server/main_loop.h"
#include "tools/server/open_listeners.h"
#include "tools/server/pressure_watch.h"
#include "tools/server/running_camera.h"
#include "tools/server/service_manager.h"
#include "tools/takeover/background.h"
#include "tools/takeover/predecessor.h"
#include "tools/takeover/successor.h"

namespace fanlight {

// What a service consists of. Borrowed.
struct ServiceParts {
  MainLoop& main_loop;
  ServiceManager& manager;
  ServerState& state;
  Server& server;
  const std::vector<std::unique_ptr<RunningCamera>>& cameras;
  OpenListeners& listeners;
  PressureWatch& pressure;
  std::function<void()> read_again;  // what SIGHUP has read again
};

// Owns: the side of a predecessor, which waits for a successor.
// Thread: main's. Outlives the shards.
class Service {
 public:
  explicit Service(ServiceParts parts);

  // Clients are accepted, and the cameras run.
  void begin() noexcept;
  // The same, with the viewers of the server that `successor` has met. Throws StartError when that
  // server does not give them away. `starter` is told later, during stay().
  void take_over(std::unique_ptr<Successor> successor, Background& starter);

  // A successor may take over. Throws std::system_error.
  void admit_successor(MessageListener listener);

  // Until SIGTERM or SIGINT, or until a successor has taken over. Does not allocate, except for a
  // takeover.
  void stay();

 private:
  void reload() noexcept;
  // How often tick() has to be called at least; empty: it need not be.
  std::optional<Duration> tick_period() const noexcept;
  void tick() noexcept;
  void on_predecessor(Background& starter) noexcept;

  ServiceParts parts_;
  const std::string status_;
  LogGate hanging_;
  std::unique_ptr<Successor> successor_;  // this process: there is a predecessor left
  // Until a predecessor has told the manager of this process, what it says is not heard.
  bool is_main_ = false;
  std::optional<Predecessor> predecessor_;  // this process: it waits for a successor
};

}  // namespace fanlight
