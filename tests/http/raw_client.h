// SPDX-License-Identifier: Apache-2.0
// RawClient: a client that a test drives by hand, and that keeps every byte it receives.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sim/response_parser.h"
#include "tests/sim/shard_world.h"

namespace fanlight {

// Owns: its end of one connection. Thread: one; destroyed before the world.
class RawClient {
 public:
  // `heads`: for each request that will be sent, whether it is a HEAD.
  explicit RawClient(ShardWorld& shard, const SimLink& link = {}, std::vector<bool> heads = {})
      : backend_(shard.world.backend()),
        connection_(backend_.connect(shard.world.listener(), link)),
        parser_(std::move(heads)) {
    connection_.set_on_change([this] { on_change(); });
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() {
    connection_.set_on_change(nullptr);
    close();
  }

  void send(std::string_view bytes) {
    if (!closed_) connection_.write(bytes);
  }
  void close() {
    if (!std::exchange(closed_, true)) connection_.close_peer();
  }
  // Sends FIN and continues to receive.
  void end_writing() {
    if (!closed_) connection_.shut_down_writing();
  }
  // If false, it is like an application busy with something else: bytes stay in its kernel.
  void set_reading(bool reading) {
    reading_ = reading;
    if (reading_) on_change();
  }
  // By default it closes its half when the server has closed its own, as browsers do.
  void keep_open_behind_end() { closes_behind_end_ = false; }

  const std::string& text() const { return text_; }
  const std::deque<ParsedResponse>& responses() const { return parser_.responses(); }
  const ParsedStream& stream() const { return parser_.stream(); }
  const std::string& violation() const { return parser_.violation(); }
  int status() const { return responses().empty() ? 0 : responses().back().status; }
  bool answered() const { return !responses().empty() && responses().back().complete; }
  uint64_t connection() const { return connection_.id(); }  // in the network
  bool finished() const { return ended_at_ != kNever && !reset_; }  // by FIN
  bool was_reset() const { return reset_; }
  Instant ended_at() const { return ended_at_; }

 private:
  void on_change() {
    if (reading_ && !connection_.arrived().empty()) {
      const std::string bytes(connection_.arrived().view());
      text_ += bytes;
      parser_.feed(bytes);
      connection_.read(bytes.size());
    }
    if (ended_at_ != kNever) return;
    reset_ = connection_.reset_arrived();
    const bool ended = reset_ || (connection_.arrived().empty() && connection_.end_arrived());
    if (!ended) return;
    ended_at_ = backend_.now();
    if (!reset_) parser_.end();
    if (reset_ || closes_behind_end_) close();
  }

  SimBackend& backend_;
  SimConnection& connection_;
  ResponseParser parser_;
  std::string text_;
  bool reading_ = true;
  bool closes_behind_end_ = true;
  bool closed_ = false;
  bool reset_ = false;
  Instant ended_at_ = kNever;
};

inline const PeerAddress kThisMachine = parse_address("127.0.0.1").value();

// A GET as the clients of this machine send it: for localhost.
inline std::string local_get(const std::string& target, const std::string& fields = {},
                             const std::string& host = "localhost",
                             const std::string& version = "1.1") {
  return "GET " + target + " HTTP/" + version + "\r\nHost: " + host + "\r\n" + fields + "\r\n";
}

// The answer to a client of that address.
inline ParsedResponse ask_from(ShardWorld& shard, const PeerAddress& peer,
                               const std::string& request) {
  SimLink link;
  link.peer = peer;
  RawClient client(shard, link);
  client.send(request);
  EXPECT_TRUE(shard.run_until([&] { return client.answered(); }, 10s)) << request;
  return client.responses().empty() ? ParsedResponse() : client.responses().front();
}

// The answer to a client of this machine.
inline ParsedResponse ask_here(ShardWorld& shard, const std::string& target) {
  return ask_from(shard, kThisMachine, local_get(target));
}

// Sends one request on a new connection and returns every byte of the answer.
inline std::string ask_text(ShardWorld& shard, const std::string& request) {
  RawClient client(shard, {}, {request.starts_with("HEAD ")});
  client.send(request);
  EXPECT_TRUE(shard.run_until([&] { return client.answered(); }, 10s)) << request;
  EXPECT_EQ(client.violation(), "");
  return client.text();
}

inline ParsedResponse ask(ShardWorld& shard, const std::string& request) {
  ResponseParser parser({request.starts_with("HEAD ")});
  parser.feed(ask_text(shard, request));
  parser.end();
  return parser.responses().empty() ? ParsedResponse() : parser.responses().front();
}

}  // namespace fanlight
