// SPDX-License-Identifier: Apache-2.0
// PanelWorld: a shard in the simulation whose camera has a panel; the test is the camera's thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/camera_panel.h"
#include "tests/http/raw_client.h"

namespace fanlight {

// Controls as a camera publishes them.
inline std::vector<std::string> control_rows(size_t count, const std::string& value) {
  std::vector<std::string> all;
  for (size_t i = 0; i < count; ++i) {
    all.push_back(R"({"name":"control )" + std::to_string(i) + R"(","value":")" + value + "\"}");
  }
  return all;
}

struct PanelHolder {
  Waker camera;
  CameraPanel panel{camera};
};

// Owns: the panel, the world. Thread: one.
class PanelWorld : public PanelHolder, public ShardWorld {
 public:
  explicit PanelWorld(const ServerConfig& config = allowing_control())
      : ShardWorld(calm(), config, &panel) {}

  static ServerConfig allowing_control() {
    ServerConfig config;
    config.allow_control = true;
    return config;
  }

  // Answers every pending request with `outcome` and `words`, and returns the requests' bodies.
  std::vector<std::string> serve(ControlOutcome outcome, const std::string& words = {}) {
    std::vector<std::string> bodies;
    panel.serve([&](const ControlOrder& order, ControlAnswer& answer) {
      bodies.emplace_back(order.body);
      who = order.who;
      answer = {outcome, words};
    });
    return bodies;
  }

  std::string who;  // of the request that was served last

 private:
  static SimWorldConfig calm() {
    SimWorldConfig config;
    config.camera.fps = 10;
    config.camera.size_min = config.camera.size_max = 1'000;
    return config;
  }
};

inline std::string patch(const std::string& body,
                         const std::string& fields = "Content-Type: application/json\r\n",
                         const std::string& target = "/cameras/cam/controls") {
  return "PATCH " + target +
         " HTTP/1.1\r\nHost: sim\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         fields + "\r\n" + body;
}

}  // namespace fanlight
