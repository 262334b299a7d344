// SPDX-License-Identifier: Apache-2.0
#include "tools/server/main_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "core/waker.h"

namespace fanlight {
namespace {

void send(int signal) {
  ASSERT_EQ(::kill(::getpid(), signal), 0);
}

void unexpected() {
  ADD_FAILURE();
}

TEST(MainLoop, EndsOnSigtermAndSigint) {
  for (const int signal : {SIGTERM, SIGINT}) {
    MainLoop loop;
    send(signal);
    loop.run(unexpected, std::nullopt, unexpected);
  }
}

TEST(MainLoop, HangupCallsReloadAndContinues) {
  MainLoop loop;
  int hangups = 0;
  send(SIGHUP);
  loop.run(
      [&] {
        ++hangups;
        send(hangups < 3 ? SIGHUP : SIGTERM);
      },
      std::nullopt, unexpected);
  EXPECT_EQ(hangups, 3);
}

TEST(MainLoop, TicksUntilTheEnd) {
  MainLoop loop;
  int ticks = 0;
  loop.run(unexpected, 1ms, [&] {
    if (++ticks == 3) send(SIGTERM);
  });
  EXPECT_EQ(ticks, 3);
}

TEST(MainLoopDeathTest, SecondSignalEndsTheProcessImmediately) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        MainLoop loop;
        ::raise(SIGTERM);
        loop.run(unexpected, std::nullopt, unexpected);
        ::raise(SIGTERM);
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(MainLoop, CallsForDescriptorsUntilToldOtherwise) {
  MainLoop loop;
  Waker once, always;
  int calls = 0;
  loop.watch(once.fd(), [&] {
    once.drain();
    loop.unwatch(once.fd());
    once.wake();
  });
  loop.watch(always.fd(), [&] {
    if (++calls == 3) loop.end();
  });
  once.wake();
  always.wake();
  loop.run(unexpected, std::nullopt, unexpected);
  EXPECT_EQ(calls, 3);
}

// A place is free again, also for one that begins while another one ends.
TEST(MainLoop, HasRoomForAnotherAfterOneHasEnded) {
  MainLoop loop;
  std::array<Waker, 20> wakers;
  size_t ended = 0;
  std::function<void(size_t)> begin = [&](size_t i) {
    wakers[i].wake();
    loop.watch(wakers[i].fd(), [&, i] {
      loop.unwatch(wakers[i].fd());
      ++ended;
      i + 1 < wakers.size() ? begin(i + 1) : loop.end();
    });
  };
  begin(0);
  loop.run(unexpected, std::nullopt, unexpected);
  EXPECT_EQ(ended, wakers.size());
}

}  // namespace
}  // namespace fanlight
