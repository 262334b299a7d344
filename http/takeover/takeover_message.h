// SPDX-License-Identifier: Apache-2.0
// TakeoverMessage: what two processes say to each other while one, the successor, takes over from
// the other, the predecessor.
//
//   successor                      predecessor
//   hello            -->
//                    <--           welcome: its format, and which file its program is
//   reload           -->           if it only wants that: as SIGHUP; answered by `end`
//   take             -->
//                    <--           listener, for each address, with its sockets
//                    <--           offer: the socket to the service manager
//   ready            -->           which cameras it has; everything but the viewers is there
//                    <--           cameras: where they are; no stream begins another frame
//                    <--           streams, with their sockets, as often as necessary
//                    <--           complete: how many these were
//   received         -->           as many; from here on nothing is asked
//                    <--           go: they are the successor's
//                    <--           streams, that needed longer for their frame
//                    <--           released: cameras that only one process can have open
//                    <--           end
//
// Until `go` either side may break off, and the predecessor continues. `hello` and `welcome` never
// change; the rest is of one format (kTakeoverFormat), and whoever has another one breaks off.
//
// Nothing that is received is believed: decoding returns nothing where a value is outside of its
// range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "http/takeover/passing_order.h"
#include "http/takeover/stream_state.h"

namespace fanlight {

// Of everything but `hello` and `welcome`. To be raised with every change of what is written.
inline constexpr uint16_t kTakeoverFormat = 1;

enum class TakeoverKind : uint8_t {
  hello = 1,
  welcome,
  reload,
  take,
  listener,
  offer,
  ready,
  cameras,
  streams,
  complete,
  received,
  go,
  released,
  end,
};

// The longest message: streams.
inline constexpr size_t kTakeoverBytesMax = 64 << 10;

// What a message is, of which the rest is for decode_*(); empty: none of ours.
std::optional<TakeoverKind> kind_of(std::string_view message);

// A message that is only its kind.
std::string encode(TakeoverKind kind);
// `complete` and `received`.
std::string encode(TakeoverKind kind, uint32_t count);
std::optional<uint32_t> decode_count(std::string_view message);

std::string encode_hello(uint16_t format);
std::optional<uint16_t> decode_hello(std::string_view message);

struct Welcome {
  uint16_t format = kTakeoverFormat;
  uint64_t device = 0;  // of the file of its program (stat(2))
  uint64_t inode = 0;
  std::string version;  // of the program, for people
};
std::string encode(const Welcome& welcome);
std::optional<Welcome> decode_welcome(std::string_view message);

// An address, whose sockets accompany the message.
struct PassedListener {
  enum class Role : uint8_t { viewers, admin, takeover };
  static constexpr size_t kSocketsMax = 128;
  static constexpr size_t kListenersMax = 64;
  Role role = Role::viewers;
  bool is_inherited = false;  // from a service manager
  bool is_more = false;       // of the same address as the message before
  std::string address;        // as configured; the name of an inherited one

  bool operator==(const PassedListener&) const = default;
};
std::string encode(const PassedListener& listener);
std::optional<PassedListener> decode_listener(std::string_view message);

// The socket to the service manager accompanies it, if there is one.
struct Offer {
  std::optional<Duration> keep_alive_period{};
};
std::string encode(const Offer& offer);
std::optional<Offer> decode_offer(std::string_view message);

// Where a camera is: its newest frame's number, and Frame::pictures() of it.
struct CameraState {
  std::string name;
  uint64_t sequence = 0;
  uint64_t pictures = 0;

  bool operator==(const CameraState&) const = default;
};
inline constexpr size_t kTakeoverCamerasMax = 1024;
inline constexpr size_t kCameraNameMax = 32;

std::string encode_ready(std::span<const std::string> cameras);
std::optional<std::vector<std::string>> decode_ready(std::string_view message);
std::string encode(std::span<const CameraState> cameras);
std::optional<std::vector<CameraState>> decode_cameras(std::string_view message);

std::string encode(std::span<const PassedStream> streams);
// `cameras`: those of the message before, which the streams refer to; no stream is ahead of its
// camera. `now`: of the machine's monotonic clock. The descriptors are not set.
std::optional<std::vector<StreamState>> decode_streams(std::string_view message,
                                                       std::span<const CameraState> cameras,
                                                       Instant now);

}  // namespace fanlight
