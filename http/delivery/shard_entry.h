// SPDX-License-Identifier: Apache-2.0
// ShardEntry: a shard as its acceptors, and other shards' messages, use it.
#pragma once

#include <cstdint>
#include <span>

#include "http/state/client_socket.h"
#include "io/peer_address.h"

namespace fanlight {

struct PassedStream;
struct PassingOrder;
struct ShardServices;
class UstreamerFraming;
class Viewer;

// A connection that has viewers: one for a stream, one per camera for a WebSocket.
struct ViewerSession {
  uint64_t connection_id;
  const PeerAddress& client;
  uint64_t bytes_sent;
  const UstreamerFraming* framing;  // nullptr if the client requested no ustreamer fields
  std::span<const Viewer* const> viewers;
};

// Why a connection has no place.
enum class Refusal : uint8_t {
  none,         // it has one
  full,         // all are taken
  address,      // the address has as many as it may have
  descriptors,  // it has the last descriptor
};

class SessionVisitor {
 public:
  virtual void visit(const ViewerSession& session) noexcept = 0;

 protected:
  ~SessionVisitor() = default;
};

// Thread: the shard's; others reach it by messages to its mailbox.
class ShardEntry {
 public:
  // Takes over an accepted connection.
  virtual void admit(const ClientSocket& client) noexcept = 0;
  // The same, but answers 503 immediately, without waiting for its request; closes it if it is TLS.
  virtual void refuse(const ClientSocket& client, Refusal reason) noexcept = 0;
  // Whether there is room for one more connection, if only to refuse it.
  virtual bool has_room() const noexcept = 0;

  // Carries out a step of passing streams on to another process, and answers it, maybe later.
  virtual void carry_out(PassingOrder& order) noexcept = 0;
  // Goes on with a stream of another process; the socket becomes the shard's.
  virtual void take(const PassedStream& passed) noexcept = 0;

  // Visits the connections that have viewers, in order of their ids.
  virtual void visit_sessions(SessionVisitor& visitor) noexcept = 0;

  virtual ShardServices& services() noexcept = 0;

 protected:
  ~ShardEntry() = default;
};

}  // namespace fanlight
