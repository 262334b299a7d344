// SPDX-License-Identifier: Apache-2.0
// A server on loopback that sends what the test scripts, to one client after another.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/fd.h"

namespace fanlight {

// Owns: a listener on a free port, and a thread that plays the scripts, one for each connection.
//   Declare it before its clients: its destructor waits for the scripts in progress.
class ScriptedServer {
 public:
  class Peer {
   public:
    explicit Peer(Fd socket);
    // A request up to the blank line after its head. If the client hangs up, or is silent for so
    // long that the test has failed: the bytes received so far.
    std::string read_head();
    // The next `size` bytes; fewer if the client hangs up, or is silent for as long.
    std::string read(size_t size);
    // Does nothing if the client has hung up.
    void write(std::string_view bytes);
    void write_byte_by_byte(std::string_view bytes);
    void wait_until_closed();
    void reset();  // RST instead of FIN

   private:
    Fd socket_;
  };
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(std::vector<Script> scripts);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  // Waits until all scripts have ended: what they wrote may be read then.
  void finish();

  uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/", std::string_view user = "") const;

 private:
  void play();

  const std::vector<Script> scripts_;
  uint16_t port_ = 0;
  Fd listener_;
  std::thread thread_;
};

// A port without a listener.
uint16_t closed_port();

// An answer with the correct Content-Length.
std::string http_answer(std::string_view status, std::string_view fields, std::string_view body);

}  // namespace fanlight
