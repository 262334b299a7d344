// SPDX-License-Identifier: Apache-2.0
// A NATS server for tests, in memory: what it is told, and what it sends.
#pragma once

#include <sys/epoll.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "capture/nats/announcement.h"
#include "capture/nats/frame_header.h"
#include "capture/nats/nats_link.h"
#include "core/check.h"
#include "core/fd.h"
#include "core/waker.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

// A message that outlives the sender's.
struct TestMessage {
  NatsFields fields;
  Bytes payload;
  std::string subject{};
};

// What a publisher sends of frame `sequence`, whose picture has that number in it.
inline Bytes test_jpeg(uint64_t sequence) {
  return make_jpeg(64, 48, 100, sequence, 40);
}
inline FrameHeader test_header(uint64_t number, size_t size) {
  return {.publisher = "2-a",
          .number = number,
          .sequence = number,
          .captured = WallTime(std::chrono::seconds(1'700'000'000)) +
                      std::chrono::milliseconds(100 * number),
          .slate = {},
          .via = {},
          .size = size};
}
inline TestMessage test_message(const FrameHeader& header, Bytes payload) {
  return {write_frame_header(header), std::move(payload), {}};
}
inline TestMessage test_message(uint64_t number) {
  Bytes jpeg = test_jpeg(number);
  const FrameHeader header = test_header(number, jpeg.size());
  return test_message(header, std::move(jpeg));
}

// Outlives the links that it has made. Thread: one.
struct TestNats {
  TestNats() {
    epoll_event event{.events = EPOLLIN, .data = {}};
    CHECK(::epoll_ctl(socket.get(), EPOLL_CTL_ADD, arrivals.fd(), &event) == 0);
  }

  struct Order {
    std::string subject;  // empty: the limit was raised
    uint64_t limit;
  };

  Waker arrivals;                             // while something waits
  Fd socket{::epoll_create1(EPOLL_CLOEXEC)};  // readable then, and never writable
  std::deque<TestMessage> arriving;           // at the client
  std::vector<Order> orders;                  // subscriptions
  std::vector<TestMessage> published;
  std::vector<std::string> subjects;       // of those
  std::vector<std::string> announcements;  // their subjects
  bool may_announce = true;
  bool is_slow = false;  // it does not take what it is sent
  bool is_sending = false;
  std::optional<int> step_error;     // errno
  std::optional<int> connect_error;  // errno
  size_t payload_max = 1 << 20;
  int connects = 0;

  void send(TestMessage message) {
    arriving.push_back(std::move(message));
    arrivals.wake();
  }
  void fail(int error) {
    step_error = error;
    arrivals.wake();
  }
  NatsConnect connect();
};

class TestLink final : public NatsLink {
 public:
  explicit TestLink(TestNats& nats) : nats_(nats) {}

  int fd() const override { return nats_.socket.get(); }
  bool is_sending() const override { return nats_.is_sending; }
  size_t payload_max() const override { return nats_.payload_max; }
  void step(short) override {
    nats_.arrivals.drain();
    nats_.is_sending = nats_.is_slow && nats_.is_sending;
    if (const auto error = std::exchange(nats_.step_error, std::nullopt)) {
      throw std::system_error(*error, std::system_category(), "NATS: test");
    }
    has_read_ = true;
  }
  bool may_announce() const override { return nats_.may_announce; }
  void publish(const std::string& subject, const NatsMessage& message) override {
    if (subject.starts_with(announcement_subject({}))) {
      nats_.announcements.push_back(subject);
      return;
    }
    nats_.subjects.push_back(subject);
    nats_.published.push_back(
        {message.fields, Bytes(message.payload.begin(), message.payload.end()), subject});
    nats_.is_sending = true;
    nats_.arrivals.wake();
  }
  void subscribe(const std::string& subject, uint64_t limit) override {
    nats_.orders.push_back({subject, limit});
  }
  void extend(uint64_t limit) override { nats_.orders.push_back({"", limit}); }
  std::optional<NatsMessage> next() override {
    if (!has_read_ || nats_.arriving.empty()) {
      has_read_ = false;
      return std::nullopt;
    }
    current_ = std::move(nats_.arriving.front());
    nats_.arriving.pop_front();
    return NatsMessage{current_.fields, current_.payload, current_.subject};
  }

 private:
  TestNats& nats_;
  TestMessage current_;
  bool has_read_ = false;
};

inline NatsConnect TestNats::connect() {
  return [this](const NatsLogin&) -> std::unique_ptr<NatsLink> {
    ++connects;
    if (connect_error) throw std::system_error(*connect_error, std::system_category(), "NATS: no");
    is_sending = false;
    return std::make_unique<TestLink>(*this);
  };
}

}  // namespace fanlight
