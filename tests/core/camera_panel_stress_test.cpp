// SPDX-License-Identifier: Apache-2.0
// A camera's thread writes and serves as fast as it can, while readers read and shards submit
// requests and abandon them at random. Under ThreadSanitizer this proves the panel's protocol.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/camera_panel.h"
#include "core/random.h"

namespace fanlight {
namespace {

constexpr size_t kAnswers = 1'000;  // and as many abandoned, for each shard
constexpr size_t kRows = 40;

std::string row_of(uint64_t round) {
  return "{\"round\":" + std::to_string(round) + "}";
}

// True if `controls` are kRows rows of the same round.
bool is_whole(std::string_view controls) {
  const std::string row(controls.substr(0, controls.find('}') + 1));
  std::string expected = row;
  for (size_t i = 1; i < kRows; ++i) expected += "," + row;
  return controls == expected;
}

void write_and_serve(CameraPanel& panel, const std::atomic<unsigned>& askers_left) {
  for (uint64_t round = 1; askers_left > 0; ++round) {
    panel.describe("camera " + std::to_string(round), "", "");
    const std::vector<std::string> rows(kRows, row_of(round));
    EXPECT_EQ(panel.publish_controls(rows), 0u);
    panel.serve([](const ControlOrder& order, ControlAnswer& answer) {
      answer.outcome = ControlOutcome::refused;
      answer.words = order.body;
    });
  }
}

// Returns how many torn texts were read.
size_t read(const CameraPanel& panel, const std::atomic<unsigned>& askers_left) {
  auto room = std::make_unique<std::array<char, CameraPanel::kControlsBytesMax>>();
  size_t torn = 0;
  while (askers_left > 0) {
    const auto head = std::span(*room).first<CameraPanel::kTextBytesMax>();
    const std::string_view device = panel.copy_device(head);
    torn += !device.empty() && !device.starts_with("camera ");
    const std::string_view controls = panel.copy_controls(*room);
    torn += !controls.empty() && !is_whole(controls);
  }
  return torn;
}

// One shard: a few requests are open at a time; it abandons some of them.
class Asker {
 public:
  Asker(CameraPanel& panel, uint64_t seed) : panel_(panel), random_(seed) {}

  void run() {
    while (answered < kAnswers || abandoned < kAnswers) {
      Wish& wish = wishes_[random_.below(wishes_.size())];
      if (wish.request == nullptr) {
        ask(wish, std::to_string(random_.next()));
      } else if (random_.chance(0.1)) {
        panel_.abandon(*std::exchange(wish.request, nullptr));
        ++abandoned;
      }
      mailbox_.deliver();
      std::this_thread::yield();
    }
    for (Wish& wish : wishes_) {
      if (wish.request != nullptr) panel_.abandon(*std::exchange(wish.request, nullptr));
    }
    mailbox_.deliver();  // now it may be destroyed, whatever the camera's thread does
  }

  size_t answered = 0, abandoned = 0, wrong = 0;

 private:
  struct Wish {
    Asker* asker = nullptr;
    ControlRequest* request = nullptr;
    std::string body;
  };

  void ask(Wish& wish, const std::string& body) {
    wish.asker = this;
    wish.body = body;
    wish.request = panel_.ask(
        {body}, mailbox_, &wish,
        [](void* owner, ControlOutcome outcome, std::string_view words) noexcept {
          auto& answered_wish = *static_cast<Wish*>(owner);
          Asker& asker = *answered_wish.asker;
          asker.wrong += answered_wish.request == nullptr || outcome != ControlOutcome::refused;
          asker.wrong += words != answered_wish.body;
          ++asker.answered;
          answered_wish.request = nullptr;
        });
  }

  CameraPanel& panel_;
  Random random_;
  Waker waker_;
  Mailbox mailbox_{waker_};
  std::array<Wish, 6> wishes_;
};

TEST(CameraPanelStress, NothingIsTornLostOrDeliveredAfterAbandonment) {
  constexpr uint64_t kSeed = 20261122;
  RecordProperty("seed", std::to_string(kSeed));
  Waker camera;
  CameraPanel panel(camera);  // its destructor checks that every place was returned
  std::atomic<unsigned> askers_left{3};
  size_t torn = 0;
  std::thread writer([&] { write_and_serve(panel, askers_left); });
  std::thread reader([&] { torn = read(panel, askers_left); });
  std::vector<std::thread> shards;
  for (uint64_t i = 0; i < 3; ++i) {
    shards.emplace_back([&panel, &askers_left, i] {
      Asker asker(panel, kSeed + i);
      asker.run();
      EXPECT_EQ(asker.wrong, 0u);
      --askers_left;
    });
  }
  for (std::thread& shard : shards) shard.join();
  writer.join();
  reader.join();
  EXPECT_EQ(torn, 0u);
}

}  // namespace
}  // namespace fanlight
