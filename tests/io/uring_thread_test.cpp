// SPDX-License-Identifier: Apache-2.0
// Rings of one thread after another, for ThreadSanitizer: it must recognize that a ring is a new
// one if the kernel maps it at the address of a previous one.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>

#include "io/uring_backend.h"

namespace fanlight {
namespace {

// Orders two threads in time, but without synchronization that ThreadSanitizer recognizes.
class Turns {
 public:
  void take(int turn) const noexcept {
    while (turn_.load(std::memory_order_relaxed) != turn) std::this_thread::yield();
  }
  void pass() noexcept { turn_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<int> turn_{0};
};

class UringThreadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const int error = probe_uring().error;
    if (error == EPERM || error == ENOSYS) GTEST_SKIP() << "io_uring is forbidden here";
  }

  // Runs two threads that each prepare once and then take five steps, alternately.
  template <typename Prepare>
  static void run_in_turn(Prepare prepare) {
    Turns turns;
    auto every_second = [&](int first) {
      turns.take(first);
      auto step = prepare();
      turns.pass();
      for (int turn = first + 2; turn < first + 12; turn += 2) {
        turns.take(turn);
        step();
        turns.pass();
      }
    };
    std::thread other([&] { every_second(1); });
    every_second(0);
    other.join();
  }
};

TEST_F(UringThreadTest, RingsCanBeCreatedInTurn) {
  run_in_turn([] {
    return [] {
      UringBackend backend(1);
      io_uring_prep_nop(backend.next_sqe());
      Event event{};
      EXPECT_EQ(backend.wait({&event, 1}, kNever), 1u);
    };
  });
}

// The zero-copy trial uses a separate ring.
TEST_F(UringThreadTest, ZeroCopyTrialsCanRunInTurn) {
  run_in_turn([] {
    return [backend = std::make_unique<UringBackend>(1)] { backend->can_report_zero_copy(); };
  });
}

}  // namespace
}  // namespace fanlight
