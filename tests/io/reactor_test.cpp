// SPDX-License-Identifier: Apache-2.0
#include "io/reactor.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace fanlight {
namespace {

// Records the requests and answers as the test scripts.
class ScriptedBackend final : public Backend {
 public:
  io_uring_sqe* next_sqe() noexcept override {
    requests.emplace_back();
    return &requests.back();
  }
  unsigned wait(std::span<Event> events, Instant deadline) noexcept override {
    deadlines.push_back(deadline);
    if (answers.empty()) time = std::max(time, std::min(deadline, time + 1h));
    unsigned count = 0;
    for (; count < events.size() && !answers.empty(); ++count) {
      events[count] = answers.front();
      answers.pop_front();
    }
    return count;
  }
  Instant now() noexcept override { return time; }
  WallTime wall_now() noexcept override { return WallTime(1s); }
  uint64_t peer_progress(int) noexcept override { return 0; }
  PeerAddress peer_address(int) noexcept override { return {}; }
  int open_spare() noexcept override { return -EMFILE; }
  void share_memory(std::span<const std::byte>, int) noexcept override {}
  bool can_report_zero_copy() const noexcept override { return false; }
  bool register_descriptor(int) noexcept override { return false; }
  void unregister_descriptor(int) noexcept override {}
  void detach(int) noexcept override {}
  bool offload_tls(int) noexcept override { return false; }
  void reset_on_close(int) noexcept override {}
  const char* name() const noexcept override { return "script"; }

  void answer(size_t request, int result, uint32_t flags = 0) {
    answers.push_back({requests.at(request).user_data, result, flags});
  }

  std::deque<io_uring_sqe> requests;  // addresses remain valid as it grows
  std::deque<Event> answers;
  std::vector<Instant> deadlines;
  Instant time{1000s};
};

// Has one Operation and one Timer, and records their calls.
struct Owner {
  explicit Owner(Reactor& its_reactor) : reactor(its_reactor) {}
  void on_completed(Completion completion) {
    completions.push_back(completion);
    times.push_back(reactor.now());
    if (then != nullptr) then(*this);
  }
  void on_timer() {
    ++timer_calls;
    completions_before_timer = completions.size();
  }
  void receive() { reactor.submit(operation, io_uring_prep_recv, 5, nullptr, size_t{10}, 0); }

  Reactor& reactor;
  Operation operation = bind<&Owner::on_completed>(this);
  Timer timer = bind_timer<&Owner::on_timer>(this);
  void (*then)(Owner&) = nullptr;
  std::vector<Completion> completions;
  std::vector<Instant> times;
  size_t completions_before_timer = 0;
  int timer_calls = 0;
};

class ReactorTest : public ::testing::Test {
 protected:
  ScriptedBackend backend_;
  Reactor reactor_{backend_, 16};
};

TEST_F(ReactorTest, KnowsTheTimeBeforeTheFirstIteration) {
  EXPECT_EQ(reactor_.now(), backend_.time);
}

TEST_F(ReactorTest, SubmitsForItsOwner) {
  Owner owner(reactor_);
  owner.receive();
  EXPECT_TRUE(owner.operation.in_flight());
  EXPECT_EQ(reactor_.in_flight(), 1u);
  ASSERT_EQ(backend_.requests.size(), 1u);
  EXPECT_EQ(backend_.requests[0].opcode, IORING_OP_RECV);
  EXPECT_EQ(backend_.requests[0].fd, 5);
  EXPECT_EQ(backend_.requests[0].user_data, reinterpret_cast<uint64_t>(&owner.operation));

  backend_.answer(0, -ECONNRESET, 1u << 16);
  backend_.time += 5s;
  reactor_.turn(kNever);
  ASSERT_EQ(owner.completions.size(), 1u);
  EXPECT_EQ(owner.completions[0].result, -ECONNRESET);
  EXPECT_EQ(owner.completions[0].flags, 1u << 16);
  EXPECT_EQ(owner.times[0], backend_.time);
  EXPECT_FALSE(owner.operation.in_flight());
  EXPECT_EQ(reactor_.in_flight(), 0u);
}

TEST_F(ReactorTest, StaysInFlightWhileMoreFollows) {
  Owner owner(reactor_);
  owner.receive();
  backend_.answer(0, 1, IORING_CQE_F_MORE);
  backend_.answer(0, 2, IORING_CQE_F_MORE);
  reactor_.turn(kNever);
  EXPECT_EQ(owner.completions.size(), 2u);
  EXPECT_TRUE(owner.operation.in_flight());
  EXPECT_EQ(reactor_.in_flight(), 1u);
  backend_.answer(0, -ECANCELED);
  reactor_.turn(kNever);
  EXPECT_EQ(owner.completions.size(), 3u);
  EXPECT_FALSE(owner.operation.in_flight());
  EXPECT_EQ(reactor_.in_flight(), 0u);
}

TEST_F(ReactorTest, HandlerMaySubmitAgain) {
  Owner owner(reactor_);
  owner.then = [](Owner& self) {
    if (self.completions.size() < 3) self.receive();
  };
  owner.receive();
  for (size_t i = 0; i < 3; ++i) {
    backend_.answer(i, static_cast<int>(i));
    reactor_.turn(kNever);
  }
  EXPECT_EQ(owner.completions.size(), 3u);
  EXPECT_EQ(backend_.requests.size(), 3u);
  EXPECT_EQ(reactor_.in_flight(), 0u);
}

TEST_F(ReactorTest, HandlerMayDestroyTheOwner) {
  static std::unique_ptr<Owner> doomed;
  doomed = std::make_unique<Owner>(reactor_);
  doomed->then = [](Owner&) { doomed.reset(); };
  doomed->receive();
  backend_.answer(0, 0);
  reactor_.turn(kNever);
  EXPECT_EQ(doomed, nullptr);
}

TEST_F(ReactorTest, CancelIdentifiesTheOperation) {
  Owner owner(reactor_);
  reactor_.cancel(owner.operation);
  EXPECT_TRUE(backend_.requests.empty()) << "nothing was in flight";

  owner.receive();
  reactor_.cancel(owner.operation);
  ASSERT_EQ(backend_.requests.size(), 2u);
  EXPECT_EQ(backend_.requests[1].opcode, IORING_OP_ASYNC_CANCEL);
  EXPECT_EQ(backend_.requests[1].addr, reinterpret_cast<uint64_t>(&owner.operation));
  EXPECT_EQ(backend_.requests[1].cancel_flags, 0u);
  // The completion of the cancel itself is not dispatched.
  backend_.answer(1, -ENOENT);
  reactor_.turn(kNever);
  EXPECT_TRUE(owner.completions.empty());
  EXPECT_EQ(reactor_.in_flight(), 1u);
  backend_.answer(0, -ECANCELED);
  reactor_.turn(kNever);
  ASSERT_EQ(owner.completions.size(), 1u);
  EXPECT_EQ(owner.completions[0].result, -ECANCELED);
}

TEST_F(ReactorTest, WaitsUntilTheEarlierOfDeadlineAndTimer) {
  Owner owner(reactor_);
  const Instant start = backend_.time;
  reactor_.turn(start + 1s);
  reactor_.timers().set(owner.timer, backend_.time + 3s);
  reactor_.turn(backend_.time + 10s);
  EXPECT_EQ(backend_.deadlines, (std::vector{start + 1s, start + 4s}));
  EXPECT_EQ(owner.timer_calls, 1);
  EXPECT_EQ(reactor_.now(), start + 4s);
}

// A request that completes in the loop iteration in which its time runs out was in time.
TEST_F(ReactorTest, TimersRunAfterCompletions) {
  Owner owner(reactor_);
  owner.receive();
  reactor_.timers().set(owner.timer, backend_.time + 1s);
  backend_.answer(0, 1);
  backend_.time += 1s;
  reactor_.turn(kNever);
  EXPECT_EQ(owner.timer_calls, 1);
  EXPECT_EQ(owner.completions_before_timer, 1u);
}

// The thread was not scheduled: what arrived meanwhile was in time, if the server had looked.
TEST_F(ReactorTest, TimersRunOneIterationLaterAfterAPause) {
  Owner owner(reactor_);
  owner.receive();
  reactor_.timers().set(owner.timer, backend_.time + 1s);
  backend_.time += 1300ms;
  backend_.answer(0, 1, IORING_CQE_F_MORE);
  reactor_.turn(kNever);
  EXPECT_EQ(owner.completions.size(), 1u);
  EXPECT_EQ(owner.timer_calls, 0);
  backend_.answer(0, 2);
  reactor_.turn(kNever);
  EXPECT_EQ(backend_.deadlines.back(), Instant::min()) << "it only collects what is there";
  EXPECT_EQ(owner.timer_calls, 1);
  EXPECT_EQ(owner.completions_before_timer, 2u);
}

// Even if each iteration is late, as under overload, timers run.
TEST_F(ReactorTest, TimersAreNotPostponedTwice) {
  Owner owner(reactor_);
  owner.receive();
  reactor_.timers().set(owner.timer, backend_.time + 1s);
  for (int i = 0; i < 2; ++i) {
    backend_.time += 10s;
    backend_.answer(0, i, IORING_CQE_F_MORE);
    reactor_.turn(kNever);
  }
  EXPECT_EQ(owner.timer_calls, 1);
  backend_.answer(0, 0);
  reactor_.turn(Instant::min());
}

TEST_F(ReactorTest, DispatchesInBatches) {
  Owner owner(reactor_);
  owner.receive();
  constexpr int kAnswers = 1000;
  for (int i = 0; i < kAnswers; ++i) backend_.answer(0, i, IORING_CQE_F_MORE);
  backend_.answer(0, kAnswers);
  int turns = 0;
  for (; reactor_.in_flight() > 0; ++turns) reactor_.turn(kNever);
  EXPECT_GE(turns, 2) << "timers must run in between";
  ASSERT_EQ(owner.completions.size(), size_t{kAnswers + 1});
  for (int i = 0; i <= kAnswers; ++i) EXPECT_EQ(owner.completions[size_t(i)].result, i);
}

TEST_F(ReactorTest, PassesOnTheWallClock) {
  EXPECT_EQ(reactor_.wall_now(), WallTime(1s));
}

TEST(ReactorDeathTest, SubmittingTwiceAborts) {
  ScriptedBackend backend;
  Reactor reactor(backend, 1);
  EXPECT_DEATH(
      {
        Owner owner(reactor);
        owner.receive();
        owner.receive();
      },
      "CHECK\\(!in_flight_\\)");
}

TEST(ReactorDeathTest, DestroyingAnOperationInFlightAborts) {
  ScriptedBackend backend;
  Reactor reactor(backend, 1);
  EXPECT_DEATH(
      {
        Owner owner(reactor);
        owner.receive();
      },
      "CHECK\\(!in_flight_\\)");
}

}  // namespace
}  // namespace fanlight
