// SPDX-License-Identifier: Apache-2.0
// TlsWorld: a shard whose listener has TLS; and TlsRawClient, a client of it that a test drives by
// hand.
#pragma once

#include <openssl/ssl.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "io/tls/tls_certificate.h"
#include "tests/http/calm_world.h"
#include "tests/io/tls/test_certificate.h"
#include "tests/io/tls/tls_client.h"
#include "tests/sim/response_parser.h"
#include "tests/sim/shard_world.h"

namespace fanlight {

// Owns: the files and the certificate. Thread: one.
struct TlsWorldFiles {
  TestCertificate files{"first"};
  TlsCertificate certificate{files.certificate(), files.key(), false};
};

// Owns: the world, and the certificate of its server. Thread: one.
struct TlsWorld : TlsWorldFiles, ShardWorld {
  explicit TlsWorld(const SimWorldConfig& world_config = calm_world(30, 20'000),
                    ServerConfig config = {})
      : ShardWorld(world_config, with(config, certificate)) {}

 private:
  static ServerConfig with(ServerConfig config, TlsCertificate& its_certificate) {
    config.tls = &its_certificate;
    return config;
  }
};

// Owns: its end of one connection. Thread: one; destroyed before the world.
class TlsRawClient {
 public:
  // With `by_hand` it sends only what send_piece() does.
  explicit TlsRawClient(ShardWorld& shard, const TlsClientOptions& options = {},
                        const SimLink& link = {}, bool by_hand = false)
      : connection_(shard.world.backend().connect(shard.world.listener(), link)),
        tls_(options),
        by_hand_(by_hand) {
    connection_.set_on_change([this] { on_change(); });
    tls_.advance();
    flush();
  }
  TlsRawClient(const TlsRawClient&) = delete;
  TlsRawClient& operator=(const TlsRawClient&) = delete;
  ~TlsRawClient() {
    connection_.set_on_change(nullptr);
    close();
  }

  // As soon as the handshake is complete.
  void send(std::string_view text) {
    text_ += text;
    advance();
  }
  // The next `size` bytes of what there is to send. False if there is nothing.
  bool send_piece(size_t size) {
    if (outgoing_.empty() || closed_) return false;
    connection_.write(std::string_view(outgoing_).substr(0, size));
    outgoing_.erase(0, size);
    return true;
  }
  // These bytes, without TLS.
  void send_plainly(std::string_view bytes) { connection_.write(bytes); }
  void end_writing() {
    tls_.end_writing();
    flush();
    connection_.shut_down_writing();
  }
  void end_tls_writing() {
    tls_.end_writing();
    flush();
  }
  void update_keys() {
    tls_.update_keys();
    flush();
  }
  void close() {
    if (!std::exchange(closed_, true)) connection_.close_peer();
  }
  void reset() {
    if (!std::exchange(closed_, true)) connection_.reset_by_peer();
  }
  void set_reading(bool reading) {
    reading_ = reading;
    if (reading_) on_change();
  }

  const TlsClient& tls() const { return tls_; }
  const std::string& text() const { return received_; }
  const std::deque<ParsedResponse>& responses() const { return parser_.responses(); }
  const ParsedStream& stream() const { return parser_.stream(); }
  const std::string& violation() const { return parser_.violation(); }
  int status() const { return responses().empty() ? 0 : responses().back().status; }
  bool answered() const { return !responses().empty() && responses().back().complete; }
  // By FIN, after close_notify: nothing was cut off.
  bool finished() const { return ended_ && tls_.ended(); }
  bool was_cut() const { return ended_ && !tls_.ended() && !reset_; }
  bool was_reset() const { return reset_; }

 private:
  void on_change() {
    if (reading_ && !connection_.arrived().empty()) {
      const std::string bytes(connection_.arrived().view());
      connection_.read(bytes.size());
      tls_.receive(bytes);
      advance();
    }
    if (ended_) return;
    reset_ = connection_.reset_arrived();
    ended_ = reset_ || (connection_.arrived().empty() && connection_.end_arrived());
    if (!ended_) return;
    if (!reset_) parser_.end();
    close();
  }

  void advance() {
    if (!tls_.is_established()) tls_.advance();
    if (tls_.is_established()) {
      if (!text_.empty()) tls_.write(std::exchange(text_, {}));
      const std::string bytes = tls_.read();
      received_ += bytes;
      parser_.feed(bytes);
    }
    flush();
  }

  void flush() {
    outgoing_ += tls_.take_output();
    if (!by_hand_) send_piece(outgoing_.size());
  }

  SimConnection& connection_;
  TlsClient tls_;
  ResponseParser parser_;
  const bool by_hand_;
  std::string text_;      // to be sent
  std::string outgoing_;  // records
  std::string received_;
  bool reading_ = true;
  bool closed_ = false;
  bool reset_ = false;
  bool ended_ = false;
};

}  // namespace fanlight
