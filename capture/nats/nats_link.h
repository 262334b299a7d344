// SPDX-License-Identifier: Apache-2.0
// NatsLink: one connection to a NATS server. The plugin has the real one, by libnats; tests have
// another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/nats/nats_address.h"
#include "core/time.h"

namespace fanlight {

// Headers of a message: names and values.
using NatsFields = std::vector<std::pair<std::string, std::string>>;

struct NatsMessage {
  NatsFields fields;  // those of kFrameFields that it has (frame_header.h)
  std::span<const std::byte> payload;
  std::string_view subject{};  // of one that was received
};

// How to reach a server, and who we are there.
struct NatsLogin {
  NatsAddress address;
  std::string credentials;  // a file as nsc(1) writes it: a JWT and its seed; empty: none
  std::string ca;           // a file of certificates (PEM) in place of the system's; empty: none
  bool insecure = false;    // the server's certificate is not checked at all
  Duration timeout = 5s;    // for the connection
};

// Owns: the connection, and one subscription at a time.
// Thread: one at a time.
// Errors: all functions but the constant ones throw std::system_error when the connection is over;
//   the object is not used again. It never reconnects by itself: what libnats keeps meanwhile would
//   be stale when it is sent.
// Invariant: nothing blocks after connecting, except that with TLS a record that has begun is
//   waited for.
class NatsLink {
 public:
  virtual ~NatsLink() = default;

  // Wait for it to be readable, or also writable while is_sending(), then step(). Bytes wait here
  // only while few wait in the kernel.
  virtual int fd() const = 0;
  virtual bool is_sending() const = 0;
  // The most bytes of a message, its headers included, that the server takes.
  virtual size_t payload_max() const = 0;

  // `events` of poll(2): reads and writes what can be read and written.
  virtual void step(short events) = 0;

  // False once the server has refused an announcement (announcement.h), which is no error: only
  // directories need them.
  virtual bool may_announce() const = 0;

  // An announcement, or the parts of one frame, all while not is_sending() before the first.
  virtual void publish(const std::string& subject, const NatsMessage& message) = 0;

  // A new subscription, in place of the one before, whose messages are forgotten. The server ends
  // it by itself when it has sent `limit` messages.
  static constexpr uint64_t kNoLimit = 0;
  virtual void subscribe(const std::string& subject, uint64_t limit) = 0;
  // Raises that limit. Has no effect if the server has reached the old one.
  virtual void extend(uint64_t limit) = 0;

  // The next message that step() has read; what it refers to stays until the next call.
  virtual std::optional<NatsMessage> next() = 0;
};

// Connects. Throws std::system_error: EACCES when the server refuses the user, ECONNREFUSED,
// ETIMEDOUT, EKEYREJECTED when its certificate is not valid, EPROTO when it is no NATS server or
// too old for headers.
using NatsConnect = std::function<std::unique_ptr<NatsLink>(const NatsLogin& login)>;

}  // namespace fanlight
