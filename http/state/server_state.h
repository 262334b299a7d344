// SPDX-License-Identifier: Apache-2.0
// ServerState: what all shards of a server share.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/camera_panel.h"
#include "core/counter.h"
#include "core/frame_ring.h"
#include "core/histogram.h"
#include "core/mailbox.h"
#include "core/process_figures.h"
#include "core/shared_text.h"
#include "core/time.h"
#include "core/waker.h"
#include "database/table_desk.h"
#include "http/auth/auth.h"
#include "http/auth/rights.h"
#include "http/page/error_page.h"
#include "http/page/list_pages.h"
#include "http/page/page.h"
#include "http/protocol/allowed_hosts.h"
#include "http/protocol/camera_names.h"
#include "http/state/access_log.h"
#include "http/state/admission.h"
#include "http/state/wire.h"
#include "http/state/zero_copy.h"
#include "io/address_range.h"

namespace fanlight {

class FrameHistory;
class ShardEntry;
class TlsCertificate;

// Renditions of one camera, its own pictures included.
inline constexpr size_t kRungsMax = 6;

// One camera as the http floor sees it: its name, its frames and its panel.
struct Camera {
  std::string name;    // [a-z0-9-]{1,32}; empty: ServerState::names has it when it has one
  std::string source;  // KIND[:...] as given, without secrets; for those who may see all
  FrameRing* ring = nullptr;
  CameraPanel* panel = nullptr;     // nullptr: no description and no controls
  bool is_elsewhere = false;        // another server or a folder: its description names the place
  FrameHistory* history = nullptr;  // nullptr: there is none
  std::vector<FrameRing*> lower_rungs{};  // smaller renditions, from the largest

  size_t rungs() const noexcept { return 1 + lower_rungs.size(); }
  FrameRing& rung(size_t index) const noexcept {
    return index == 0 ? *ring : *lower_rungs[index - 1];
  }

  // What everybody may know of the source: "v4l2", "http".
  std::string_view kind() const noexcept {
    return std::string_view(source).substr(0, source.find(':'));
  }
};

// The operator's settings.
struct ServerConfig {
  AdmissionConfig admission;
  WireConfig wire;
  ZeroCopyMode zero_copy = ZeroCopyMode::automatic;
  Duration viewer_stall_timeout = 10s;
  Duration header_timeout = 10s;
  Duration idle_timeout = 75s;
  std::vector<std::string> cors_origins;      // whose pages may read (http/protocol/origin.h)
  AllowedHosts allowed_hosts;                 // the names under which it answers
  bool allow_control = false;                 // cameras' controls may be changed by PATCH
  std::vector<AddressRange> trusted_proxies;  // proxies whose X-Forwarded-For is trusted
  bool auth_loopback = false;                 // clients of these are asked for credentials, too
  Auth* auth = nullptr;                       // outlives the shards. nullptr: everybody may watch
  TableDesk* table = nullptr;       // for /stock-table; outlives the shards. nullptr: no table
  AccessLog* access_log = nullptr;  // outlives the shards. nullptr: requests are not logged
  TlsCertificate* tls = nullptr;    // outlives the shards. nullptr: no listener has TLS
  std::string version;
  std::string backend;                                     // name, for /api/v1/state
  ProcessFigures (*process_figures)() noexcept = nullptr;  // nullptr: all figures are 0
};

// The settings that can change while the server runs. Admission holds the viewer limits, Wire the
// network rate.
// Thread: written by main, read by any; the values are independent of each other.
struct LiveConfig {
  explicit LiveConfig(const ServerConfig& config)
      : viewer_stall_timeout(config.viewer_stall_timeout),
        header_timeout(config.header_timeout),
        idle_timeout(config.idle_timeout) {}

  std::atomic<Duration> viewer_stall_timeout;
  std::atomic<Duration> header_timeout;
  std::atomic<Duration> idle_timeout;
};

// Figures of one shard. Written by its thread, read by any.
struct alignas(64) ShardStats {
  Counter turned_at_ns;  // Instant of the latest loop iteration, to detect a stuck loop
  Counter connections_accepted;
  Counter connections_open;
  Counter connections_idle;  // of those, the ones that wait for a request
  Counter requests;
  Counter bytes_sent;           // to clients of all kinds
  Counter sent_zero_copy;       // SEND_ZC sends of a frame or of part of one
  Counter zero_copy_copied;     // of those, sends that the kernel copied anyway
  Counter zero_copy_refused;    // refused by the kernel and repeated as plain sends
  Counter refused_full;         // 503 because of max_viewers
  Counter refused_address;      // 503 because of max_viewers_per_address
  Counter refused_wire;         // 503 because there is not enough bandwidth
  Counter refused_connections;  // 503 because of connections_per_address
  Counter refused_bodies;       // 503 because of the places for reports or tables
  Counter refused_descriptors;  // 503 because descriptors ran out
  Counter refused_tls;          // closed for lack of a place: 503 would need a handshake
  Counter tls_handshakes;       // that were completed
  Counter tls_kernel;           // of those, whose records the kernel makes
  Counter tls_failed;           // handshakes that were not completed
  Counter bad_requests;         // rejected by the parser with 4xx or 5xx
  Counter control_requests;     // PATCHes passed to a camera
  Counter login_wrong;          // 401 because of wrong credentials
  Counter login_link;           // 403 because of a signed link that is not valid
  Counter login_forbidden;      // 403 because a right is missing
  Counter login_waiting;        // 429 after too many failures of the address
  Counter login_busy;           // 503 because too many passwords were to be verified
  Counter access_log_dropped;   // lines that were not written to the access log
  Counter evicted_stalled;      // no byte acknowledged for viewer_stall_timeout
  Counter evicted_memory;       // held the oldest frame when the ring was full
  Counter evicted_idle;         // waited for a request when the places ran out
  Counter accept_failures;
  Counter errors;  // connections that ended with a socket error
};

// Figures of one camera's viewers on one shard. Written by the shard's thread, read by any.
struct alignas(64) ChannelStats {
  Counter viewers;  // current streams
  Counter frames_sent;
  Counter frames_repeated;   // of frames_sent: repeats, because there was no newer frame
  Counter frames_skipped;    // newer frames that a busy viewer missed
  Counter frames_unchanged;  // newer frames that were not sent: the viewer shows the same already
  Counter updates_sent;      // of frames_sent: what changed, instead of the frame
  Counter updates_empty;     // of updates_sent: nothing had changed
  Counter update_bytes;      // of updates, with their descriptions
  Counter bytes_spared;      // by updates and unchanged frames, against whole frames
  Counter update_memory;     // bytes that updates hold now
  Counter bytes_sent;        // by streams
  Histogram frame_age;       // from capture until the kernel has taken the last byte
  std::array<Counter, kRungsMax> rung_viewers;  // of viewers, by rung
  Counter rung_moves;                           // of viewers to another rung, by their lines
};

// What is given up while the processor is overloaded. Written by main, read by any shard.
struct ReliefFigures {
  Counter level;         // 0: nothing (tools/pressure/relief.h)
  Counter cpu_permille;  // in use in the last second; 0 unless it is measured
  Counter is_hot;        // 1 while the processor is slowed down because it is too hot
};

// How other threads reach a shard.
struct ShardLink {
  explicit ShardLink(size_t cameras) : channels(cameras) {}
  Waker waker;
  Mailbox mailbox{waker};
  ShardStats stats;
  std::vector<ChannelStats> channels;  // indexed by camera
  ShardEntry* entry = nullptr;         // set by the shard; only for messages in its mailbox
};

// Owns: the links. Thread: created by main before the shards, outlives them; constant except for
//   its atomics, counters and mailboxes.
struct ServerState {
  ServerState(ServerConfig configuration, std::vector<Camera> all_cameras, unsigned shards,
              WallTime start)
      : config(std::move(configuration)),
        cameras(std::move(all_cameras)),
        started(start),
        wire(config.wire.bits_per_second == 0 ? nullptr
                                              : std::make_unique<Wire>(config.wire, shards)),
        admission(config.admission, wire.get(), config.trusted_proxies),
        names(names_of(cameras)),
        pages(names, config.version,
              {.controls = config.allow_control, .past = has_history(cameras)}),
        list_pages(config.version),
        error_page(config.version),
        shards_with_connections(shards) {
    for (unsigned i = 0; i < shards; ++i) {
      links.push_back(std::make_unique<ShardLink>(cameras.size()));
      for (const Camera& camera : cameras) {
        for (size_t rung = 0; rung < camera.rungs(); ++rung) {
          camera.rung(rung).add_reader(&links.back()->waker);
        }
      }
    }
  }

  const ServerConfig config;
  const std::vector<Camera> cameras;
  const WallTime started;
  const std::unique_ptr<Wire> wire;  // nullptr: no viewer is held back
  Admission admission;
  CameraNames names;  // of the cameras
  Pages pages;
  const ListPages list_pages;
  const ErrorPage error_page;
  std::vector<std::unique_ptr<ShardLink>> links;
  LiveConfig live{config};
  ReliefFigures relief;
  SharedText flags_json{"{}"};               // the options in force, a JSON object
  SharedText devices_json{"[]"};             // this machine's cameras, a JSON array
  std::atomic<bool> warned_of_proxy{false};  // in the log, once
  std::atomic<bool> stopping{false};
  std::atomic<unsigned> shards_with_connections;  // while stopping: shards not yet empty

  // A shard whose loop has made no iteration for five seconds. Each makes at least one a second;
  // the Server waits for a shard that has not started yet.
  std::optional<unsigned> hanging_shard(Instant now) const noexcept {
    for (unsigned i = 0; i < links.size(); ++i) {
      const uint64_t turned_at = links[i]->stats.turned_at_ns.value();
      if (turned_at != 0 && now - Instant(Duration(turned_at)) >= 5s) return i;
    }
    return std::nullopt;
  }

  // The first camera from `camera` on that is shown, and on which there is any right; else their
  // number.
  size_t next_camera(size_t camera, const Rights& rights) const noexcept {
    camera = names.next_shown(camera);
    while (camera < names.size() && !rights.has_any(camera)) camera = names.next_shown(camera + 1);
    return camera;
  }

  // Main's: the next camera without a name has this one, and is shown. Throws std::bad_alloc.
  // Nothing has changed if it does.
  void name_camera(std::string name) {
    const size_t camera = names.named().size();
    pages.add(name);
    names.give(std::move(name));
    names.show(camera, true);
  }

  void wake_all() noexcept {
    for (auto& link : links) link->waker.wake();
  }

 private:
  static bool has_history(const std::vector<Camera>& cameras) {
    return std::any_of(cameras.begin(), cameras.end(),
                       [](const Camera& camera) { return camera.history != nullptr; });
  }
  static std::vector<std::string> names_of(const std::vector<Camera>& cameras) {
    std::vector<std::string> names;
    for (const Camera& camera : cameras) names.push_back(camera.name);
    return names;
  }
};

}  // namespace fanlight
