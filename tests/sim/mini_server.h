// SPDX-License-Identifier: Apache-2.0
// MiniServer: the smallest server that streams frames, to test the simulation itself, with optional
// defects that the simulation must detect.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/frame_ring.h"
#include "core/list.h"
#include "core/slab.h"
#include "core/waker.h"
#include "io/backend.h"
#include "io/operation.h"
#include "io/reactor.h"

namespace fanlight {

enum class Defect {
  none,
  ignores_short_sends,   // treats every send as complete
  sends_old_frames,      // returns to a frame that it has already sent
  no_closing_delimiter,  // ends streams by FIN alone
  forgets_sockets,       // never closes
  allocates,             // in every loop iteration
};

// Owns: its clients; borrows the rest. Thread: one. It does not parse HTTP: it starts to send after
// an empty line.
class MiniServer {
 public:
  MiniServer(Backend& backend, FrameRing& ring, int listener, Defect defect = Defect::none);
  ~MiniServer();

  // Returns false once it has stopped.
  bool turn(Instant deadline);
  // Ends all streams, then accepts no more.
  void stop();
  // Resets all connections, then as stop().
  void abort();
  size_t clients() const { return clients_.size(); }

 private:
  struct Client : ListHook<> {
    Client(MiniServer& owner, int socket) noexcept;
    void receive() noexcept;
    void on_received(Completion completion) noexcept;
    void send(std::string_view bytes) noexcept;
    void on_sent(Completion completion) noexcept;
    void on_controlled(Completion completion) noexcept;
    void advance() noexcept;
    void end() noexcept;
    void close_when_idle() noexcept;

    MiniServer& server;
    const int fd;
    Operation receiving, sending, controlling;
    FrameRef frame;
    std::string_view unsent;
    std::array<char, 512> input;
    size_t newlines = 0;  // in a row
    uint64_t sequence = 0;
    bool streaming = false, closing_sent = false, went_back = false;
    bool ending = false, shut = false, closed = false;
  };

  void accept() noexcept;
  void on_accepted(Completion completion) noexcept;
  void watch_ring() noexcept;
  void on_woken(Completion completion) noexcept;

  Reactor reactor_;
  FrameRing& ring_;
  const int listener_;
  const Defect defect_;
  Waker waker_;
  Slab<Client> slab_;
  List<Client> clients_;
  Operation accepting_, waking_;
  uint64_t wakes_ = 0;
  FrameRef old_;  // of sends_old_frames
  bool stopping_ = false;
};

}  // namespace fanlight
