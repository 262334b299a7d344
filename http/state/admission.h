// SPDX-License-Identifier: Apache-2.0
// Admission: decides who may connect and who may become a viewer, and counts the limited resources
// that each client holds.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "http/state/address_table.h"
#include "io/address_range.h"
#include "io/peer_address.h"

namespace fanlight {

class Wire;

struct AdmissionConfig {
  size_t viewers_max = 1000;       // concurrent streams, all shards together
  size_t viewers_per_address = 0;  // from one IPv4 address or IPv6 /64; 0: no limit
  // Likewise; 0: no limit; empty: half of viewers_max, at least kShareMin.
  std::optional<size_t> connections_per_address{};
};

// So that a household behind one address is served even where there are few places.
inline constexpr size_t kShareMin = 16;
// Places for connections that only the admin listener's clients may take.
inline constexpr size_t kAdminPlaces = 16;
// Reports, tables, and replays, of one address at the same time; there are four times as many.
inline constexpr size_t kBodiesPerAddress = 16;

// Places for connections: more than the viewers, for pages, snapshots and scrapes while the viewer
// limit is reached. One address has at most half of them.
constexpr size_t connection_places(size_t viewers_max) {
  return viewers_max + viewers_max / 8 + 64;
}

enum class Verdict : uint8_t {
  admitted,
  full,          // viewers_max, or all places for connections are taken
  address_full,  // viewers_per_address, or connections_per_address
  wire_full,     // each viewer would get less than WireConfig::min_fps
};

// What a viewer holds; returned by Admission::leave().
struct ViewerPlace {
  bool taken = false;
  bool paced = false;  // subject to the wire's budget
  AddressTable::Entry address = AddressTable::kNone;
  uint64_t bytes_per_second = 0;  // claimed on the wire
};

// What a connection holds; returned by Admission::leave().
struct ConnectionPlace {
  static constexpr AddressTable::Entry kNotTaken = ~AddressTable::Entry{0};
  AddressTable::Entry address = kNotTaken;  // kNone: taken, but not counted by address

  bool taken() const noexcept { return address != kNotTaken; }
};

// Owns: the counts. Thread: any; all shards share it.
//
// An address stands for many clients if it is a proxy's or this machine's: so UNIX sockets,
// loopback and `trusted` proxies are exempt from connections_per_address and kBodiesPerAddress.
// What a trusted proxy's clients hold is counted for their own addresses.
class Admission {
 public:
  // `wire` may be nullptr. `trusted` outlives it.
  Admission(const AdmissionConfig& config, Wire* wire, std::span<const AddressRange> trusted = {});

  // Takes a place for a connection of `peer`, the socket's address, if there is one. Clients of the
  // admin listener have places of their own beside the others', and no limit by address.
  Verdict enter(const PeerAddress& peer, bool by_admin_listener, ConnectionPlace& place) noexcept;
  // Takes a place for a connection that an earlier process had, as keep() below.
  bool keep(const PeerAddress& peer, bool by_admin_listener, ConnectionPlace& place) noexcept;
  // Does nothing when the place is not taken.
  void leave(ConnectionPlace& place) noexcept;

  // Takes a place if there is one. The viewer is owed at least one frame of `frame_bytes` every
  // 1/fps seconds, where fps is the wire's min_fps, or `fps_wished` if that is lower.
  Verdict admit(const PeerAddress& peer, size_t frame_bytes, double fps_wished,
                ViewerPlace& place) noexcept;

  // Takes the place of a viewer that an earlier process had admitted, and that is owed
  // `bytes_per_second`. Only viewers_max at construction, for which everything was sized, is a
  // limit: those that can change do not end what goes on. False if that is reached.
  bool keep(const PeerAddress& client, uint64_t bytes_per_second, ViewerPlace& place) noexcept;

  // Does nothing when the place is not taken.
  void leave(ViewerPlace& place) noexcept;

  // One more report, table or replay of `client`. `share` is kNone if it is not counted. False if
  // the client has kBodiesPerAddress already.
  bool take_share(const PeerAddress& client, Held kind, AddressTable::Entry& share) noexcept;
  void return_share(AddressTable::Entry share, Held kind) noexcept;

  // Changes the limits from now on; existing viewers stay. `viewers_max` may not exceed the value
  // given at construction, for which everything was sized. Main thread only.
  void set_limits(const AdmissionConfig& config);

  size_t viewers() const noexcept { return viewers_.load(); }
  uint64_t admitted() const noexcept { return admitted_.load(); }  // since the start
  size_t most() const noexcept { return most_.load(); }            // concurrent, since the start
  AdmissionConfig config() const noexcept {
    return {viewers_max_.load(), viewers_per_address_.load(), connections_per_address_.load()};
  }

  // Of all shards; at most connections_max() + kAdminPlaces.
  size_t connections() const noexcept { return connections_.load(); }
  size_t connections_max() const noexcept { return connection_places(capacity_); }

  // How many addresses hold anything.
  size_t addresses() noexcept {
    const std::lock_guard lock(mutex_);
    return addresses_.addresses();
  }

 private:
  bool is_exempt(const PeerAddress& peer) const noexcept;
  size_t stream_limit(const PeerAddress& client) const noexcept;
  Verdict enter(const PeerAddress& peer, bool by_admin_listener, size_t limit,
                ConnectionPlace& place) noexcept;
  AddressTable::Entry add(const PeerAddress& peer, Held kind, size_t limit) noexcept;
  bool is_paced(const PeerAddress& client) const noexcept;
  void count_admitted() noexcept;
  bool take_address(const PeerAddress& peer, ViewerPlace& place) noexcept;
  bool take_wire(const PeerAddress& peer, size_t frame_bytes, double fps_wished,
                 ViewerPlace& place) noexcept;

  const size_t capacity_;
  std::atomic<size_t> viewers_max_;
  std::atomic<size_t> viewers_per_address_{0};
  std::atomic<size_t> connections_per_address_{0};
  Wire* const wire_;
  const std::span<const AddressRange> trusted_;
  std::atomic<size_t> connections_{0};
  std::atomic<size_t> viewers_{0};
  std::atomic<uint64_t> admitted_{0};
  std::atomic<size_t> most_{0};
  std::mutex mutex_;  // guards addresses_
  AddressTable addresses_;
};

}  // namespace fanlight
