// SPDX-License-Identifier: Apache-2.0
// A shard whose clock and pictures are known, so that answers can be compared byte for byte.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/test_picture.h"
#include "tests/http/raw_client.h"

namespace fanlight {

// The clocks are set to the example date of RFC 9110, so that every head is known to the byte.
inline constexpr int64_t kUnixSeconds = 784'111'777;
inline const std::string kDate = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
inline const std::string kEtag = "\"1-2c9253feeaa40\"";
inline constexpr size_t kFrameBytes = 5'000;

// A camera that publishes a frame immediately, and the next one after `1 / fps`.
class World : public ShardWorld {
 public:
  explicit World(double fps = 0.1, const ServerConfig& config = {}, bool idles = false,
                 double drop = 0)
      : ShardWorld(world_config(fps, idles, drop), config) {
    run_for(1ms);
  }

 private:
  static SimWorldConfig world_config(double fps, bool idles, double drop) {
    SimWorldConfig config;
    config.wall_clock = WallTime(std::chrono::seconds(kUnixSeconds));
    config.camera.fps = fps;
    config.camera.size_min = config.camera.size_max = kFrameBytes;
    config.camera.idles_unwatched = idles;
    config.camera.drop = drop;
    return config;
  }
};

// The last fields of every head but a stream's.
inline std::string last_fields(const std::string& policy) {
  return "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: " + policy + "\r\n";
}

inline std::string head_request(const std::string& target) {
  return "HEAD " + target + " HTTP/1.1\r\nHost: sim\r\n\r\n";
}

inline std::string head_of(const std::string& text) {
  return text.substr(0, text.find("\r\n\r\n") + 4);
}
inline std::string body_of(const std::string& text) {
  return text.substr(text.find("\r\n\r\n") + 4);
}

inline std::string stream_head(const std::string& boundary) {
  return "HTTP/1.1 200 OK\r\n" + kDate + "Connection: close\r\n" +
         "Content-Type: multipart/x-mixed-replace; boundary=" + boundary + "\r\n" +
         "Cache-Control: no-store, no-cache, must-revalidate, max-age=0\r\n"
         "Pragma: no-cache\r\nX-Accel-Buffering: no\r\n\r\n";
}

inline std::string picture(uint64_t sequence) {
  std::string bytes(kFrameBytes, '\0');
  write_test_picture(std::as_writable_bytes(std::span(bytes)), sequence);
  return bytes;
}

// Everything that a client of `request` receives before the second frame.
inline std::string first_bytes(World& shard, const std::string& request) {
  RawClient client(shard);
  client.send(request);
  shard.run_for(10ms);
  return client.text();
}

}  // namespace fanlight
