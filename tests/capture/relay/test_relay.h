// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of RelaySource: an upstream on loopback, and its answers.
#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "capture/relay/relay_source.h"
#include "tests/capture/jpeg/test_jpeg.h"
#include "tests/capture/relay/scripted_server.h"

namespace fanlight {

using Peer = ScriptedServer::Peer;

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline const std::string kStream =
    "HTTP/1.0 200 OK\r\n"
    "Content-Type: multipart/x-mixed-replace; boundary=B\r\n\r\n";

inline std::string jpeg(uint64_t number) {
  return text_of(make_jpeg(64, 48, 100, number, 40));
}

inline std::string part(std::string_view body, std::string_view fields = "") {
  return fmt::format("--B\r\nContent-Length: {}\r\n{}\r\n{}\r\n", body.size(), fields, body);
}

// A part as a Fanlight upstream writes it, captured at 1700000000 s and `us`.
inline std::string numbered_part(uint64_t number, uint64_t us) {
  return part(jpeg(number),
              fmt::format("X-Timestamp: 1700000000.{:06}\r\nX-Sequence: {}\r\n", us, number));
}

// One thread waits until another one sets it.
class Signal {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    is_set_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;
};

class RelaySourceTest : public testing::Test {
 protected:
  // Sends the answer, and holds the connection open.
  static ScriptedServer::Script says(std::string answer) {
    return [answer](Peer& peer) {
      peer.read_head();
      peer.write(answer);
      peer.wait_until_closed();
    };
  }
  static ScriptedServer::Script says_and_ends(std::string answer) {
    return [answer](Peer& peer) {
      peer.read_head();
      peer.write(answer);
    };
  }
  RelaySource open(const std::string& url, SourceOptions options = {}, Duration timeout = 20s) {
    options.timeout = timeout;
    return RelaySource(url, options, clock_);
  }
  std::optional<Picture> next(RelaySource& source) { return source.next(clock_.now() + 20s); }
  // The numbers of all pictures until the source fails.
  std::vector<uint64_t> numbers(RelaySource& source) {
    std::vector<uint64_t> numbers;
    try {
      while (const auto picture = next(source)) {
        numbers.push_back(read_number(text_of(picture->jpeg)).value_or(0));
      }
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), ECONNRESET) << error.what();
    }
    return numbers;
  }
  // The error of a failed opening; its message is in words_.
  int error_of(const std::string& answer, Duration timeout = 20s, std::string_view path = "/") {
    ScriptedServer server({[&](Peer& peer) {
      while (peer.read_head().ends_with("\r\n\r\n")) peer.write(answer);
    }});
    try {
      open(server.url(path, "user:secret"), {}, timeout);
    } catch (const std::system_error& error) {
      words_ = error.what();
      EXPECT_EQ(words_.find("secret"), words_.npos) << words_;
      return error.code().value();
    }
    return 0;
  }

  SystemCameraClock clock_;
  std::string words_;
};

}  // namespace fanlight
