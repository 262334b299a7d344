// SPDX-License-Identifier: Apache-2.0
// UpdateClient: a client of a WebSocket with updates, which checks each message, and after each
// that it shows the picture of that frame (tests/core/segments/test_segments.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/core/segments/test_segments.h"
#include "tests/http/raw_client.h"
#include "tests/sim/web_socket_client.h"

namespace fanlight {

// Owns: its connection. Thread: one; destroyed before the world.
class UpdateClient {
 public:
  explicit UpdateClient(ShardWorld& shard, const std::string& target = "/ws?segments=1",
                        const SimLink& link = {})
      : client_(shard, link) {
    client_.send(web_socket_request(target));
  }

  // Takes what has arrived since the last call; returns the first error ever found.
  const std::string& check() {
    if (!is_open_) open();
    if (!is_open_ || !error_.empty()) return error_;
    for (const ServerFrame& frame : server_frames(rest())) {
      read_ += frame.payload.size() + header_size(frame.payload.size());
      if (frame.first == 0x81) take_description(frame.payload);
      if (frame.first == 0x82) take_picture(frame.payload);
      if (!error_.empty()) break;
    }
    return error_;
  }

  RawClient& raw() { return client_; }
  size_t whole() const { return whole_; }
  size_t updates() const { return updates_; }
  size_t empty_updates() const { return empty_; }
  size_t slates() const { return slates_; }
  uint64_t sequence(const std::string& camera = "cam") { return canvases_[camera].sequence(); }

 private:
  std::string_view rest() const { return std::string_view(client_.text()).substr(read_); }
  static size_t header_size(size_t payload) {
    return payload < 126 ? 2 : payload <= 0xffff ? 4 : 10;
  }

  void open() {
    const size_t head = client_.text().find("\r\n\r\n");
    if (head == std::string::npos) return;
    is_open_ = client_.text().starts_with("HTTP/1.1 101 ");
    if (!is_open_) error_ = client_.text().substr(0, head);
    read_ = head + 4;
  }

  void take_description(const std::string& payload) {
    if (!description_.empty()) return fail("a description without a picture");
    const auto message = nlohmann::json::parse(payload);
    slates_ += message.contains("slate");
    if (message.contains("update") && message["update"]["runs"].empty()) {
      ++empty_;
      return take(message["camera"], payload, "");
    }
    description_ = payload;
  }

  void take_picture(const std::string& picture) {
    if (description_.empty()) return fail("a picture without a description");
    const auto message = nlohmann::json::parse(description_);
    take(message["camera"], std::exchange(description_, ""), picture);
  }

  void take(const std::string& camera, const std::string& description, const std::string& picture) {
    const auto message = nlohmann::json::parse(description);
    TestCanvas& canvas = canvases_[camera];
    const uint64_t sequence = message["sequence"];
    if (sequence < canvas.sequence()) return fail("an older frame");
    const bool is_update = message.contains("update");
    if (is_update && message.contains("slate")) return fail("an update of a slate");
    ++(is_update ? updates_ : whole_);
    fail(is_update ? canvas.take_update(description, picture)
                   : canvas.take_whole(picture, sequence));
    if (error_.empty() && canvas.is_divided()) fail(canvas.check(sequence));
  }

  void fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
  }

  RawClient client_;
  bool is_open_ = false;
  size_t read_ = 0;  // of the client's text
  std::string error_;
  std::string description_;  // of the picture that follows
  std::map<std::string, TestCanvas> canvases_;
  size_t whole_ = 0;
  size_t updates_ = 0;
  size_t empty_ = 0;  // of the updates
  size_t slates_ = 0;
};

}  // namespace fanlight
