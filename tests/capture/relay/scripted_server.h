// SPDX-License-Identifier: Apache-2.0
// A server on loopback that says what the test wants, to one client after the other.
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
// Declared before whatever connects to it: its end waits for the scripts under way.
class ScriptedServer {
 public:
  class Peer {
   public:
    explicit Peer(Fd socket);
    // A request up to the blank line behind its head; what has come when the client hangs up, or
    // is silent for so long that the test has failed.
    std::string read_head();
    // Quietly nothing when the client has hung up.
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

  uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/", std::string_view user = "") const;

 private:
  void play();

  const std::vector<Script> scripts_;
  uint16_t port_ = 0;
  Fd listener_;
  std::thread thread_;
};

// A port on which nobody listens.
uint16_t closed_port();

// An answer whose body is as long as it says.
std::string http_answer(std::string_view status, std::string_view fields, std::string_view body);

}  // namespace fanlight
