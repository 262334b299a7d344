// SPDX-License-Identifier: Apache-2.0
// The scaling model: what viewers get from servers on wires of known capacity, without running any.
//
// bench/SCALING.md has where each constant is from, and runs that it was not fitted to;
// bench/scaling fits the constants of updates again, and compares them with these. All functions
// are arithmetic: no state, any thread. Bytes "on the wire" are those of bytes_on_wire()
// (http/state/wire.h); a server uses Wire::kShare of its wire.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace fanlight {

// What the camera sees, and how much of it each kind of viewer is sent.
struct Scene {
  double pixels = 0;         // of a picture
  double picture_bytes = 0;  // of a JPEG without restart markers
  double fps = 0;            // of the camera
  double changed = 0;        // share of the picture that changes from one frame to the next, 0 to 1
  double browsers = 0;       // share of the viewers that are sent updates, 0 to 1
  bool divided = false;      // pictures have restart markers, because somebody is sent updates
};

// Bytes of a part of a stream, with its head.
double whole_frame_bytes(const Scene& scene);

// Bytes of a message that takes a viewer from a frame to the one `frames` (>= 1) later; never more
// than a whole frame.
double update_bytes(const Scene& scene, double frames);

// Bytes a second on the wire of a viewer that gets `fps` (at most the camera's) frames a second.
double whole_rate(const Scene& scene, double fps);
double update_rate(const Scene& scene, double fps);

// What each viewer of one kind gets.
struct Share {
  double fps = 0;
  double bytes_per_second = 0;  // on the wire
  double screen_seconds = 0;    // median age of what is on the screen: Service's, and half of 1/fps
};

// A server with its viewers. Ages: from the capture of a frame until a viewer has it.
struct Service {
  uint64_t whole_viewers = 0;
  uint64_t update_viewers = 0;
  uint64_t refused = 0;
  Share whole;
  Share update;
  double use = 0;         // of what a server may use of its wire, 0 to 1
  double age_median = 0;  // seconds
  double age_p95 = 0;
  double cores = 0;  // of the machine of bench/SCALING.md
};

struct Server {
  double bits_per_second = 0;
  double min_fps = 0.5;  // as the flag: no viewer gets less, more viewers are refused
};

// More viewers than this one server does not take, unless told (--max-viewers).
inline constexpr uint64_t kViewersOfServer = 10'000;

// What `viewers` get from one server whose own pictures come `fps` times a second, at most the
// camera's, and are `age` seconds old when the first viewer has them.
Service serve(const Scene& scene, const Server& server, uint64_t viewers, double fps, double age);

// Relays between the camera's server and the viewers.
struct Tree {
  double goal_fps = 0;           // what each viewer has at least
  std::vector<uint64_t> levels;  // relays in each, the viewers' last; empty: the camera's suffices
  uint64_t fan_out = 0;          // relays that one relay's wire carries
  uint64_t camera_fan_out = 0;   // and the camera's
  double pull_fps = 0;           // of each relay
  double pull_rate = 0;          // bytes a second on the wire, of each relay
  bool pulls_updates = false;    // else whole frames
  Service last;                  // the server with the most viewers
  double viewers_rate = 0;       // bytes a second to all viewers together
  double relays_rate = 0;        // and to all relays

  uint64_t relays() const;
};

// Seconds from the capture of a picture until the first viewer of the camera's server has it.
double first_age(const Scene& scene);

// The fewest relays with which `viewers` get `goal_fps` each, or as much as reaches the relays if
// that is less. Nothing if there is no such tree: the wire does not carry one viewer at
// `server.min_fps`, or relays have to feed relays, and their wire does not carry two.
std::optional<Tree> plan_tree(const Scene& scene, const Server& server, double camera_bits,
                              uint64_t viewers, double goal_fps);

}  // namespace fanlight
