// SPDX-License-Identifier: Apache-2.0
#include "io/timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/random.h"

namespace fanlight {
namespace {

constexpr Instant at(int64_t ns) {
  return Instant(Duration(ns));
}

// Counts its calls; `action` runs in each.
class Alarm {
 public:
  explicit Alarm(std::vector<int>* log = nullptr, int number = 0) : log_(log), number_(number) {}
  Timer timer = bind_timer<&Alarm::ring>(this);
  void (*action)(Alarm&) = nullptr;
  Timers* timers = nullptr;
  Alarm* other = nullptr;
  int calls = 0;

 private:
  void ring() {
    EXPECT_FALSE(timer.is_set()) << "cleared before it is called";
    ++calls;
    if (log_ != nullptr) log_->push_back(number_);
    if (action != nullptr) action(*this);
  }
  std::vector<int>* log_;
  int number_;
};

TEST(TimersTest, CallsDueTimersInOrder) {
  Timers timers(4);
  std::vector<int> log;
  Alarm a(&log, 1), b(&log, 2), c(&log, 3), d(&log, 4);
  timers.set(c.timer, at(30));
  timers.set(a.timer, at(10));
  timers.set(d.timer, at(40));
  timers.set(b.timer, at(20));
  EXPECT_EQ(timers.next(), at(10));
  timers.run(at(9));
  EXPECT_TRUE(log.empty());
  timers.run(at(30));
  EXPECT_EQ(log, (std::vector{1, 2, 3}));
  EXPECT_EQ(timers.next(), at(40));
  EXPECT_FALSE(a.timer.is_set());
  EXPECT_TRUE(d.timer.is_set());
  timers.clear(d.timer);
  timers.clear(d.timer);
  timers.run(at(1000));
  EXPECT_EQ(d.calls, 0);
  EXPECT_EQ(timers.next(), kNever);
}

TEST(TimersTest, SettingAgainMovesATimer) {
  Timers timers(2);
  Alarm a, b;
  timers.set(a.timer, at(10));
  timers.set(b.timer, at(20));
  timers.set(a.timer, at(30));
  EXPECT_EQ(timers.next(), at(20));
  timers.set(a.timer, at(5));
  EXPECT_EQ(timers.next(), at(5));
  timers.run(at(20));
  EXPECT_EQ(a.calls, 1);
  EXPECT_EQ(b.calls, 1);
}

TEST(TimersTest, HandlerThatSetsItselfToThePastRunsOncePerCall) {
  Timers timers(2);
  Alarm a, far;
  a.timers = &timers;
  a.action = [](Alarm& self) { self.timers->set(self.timer, at(0)); };
  timers.set(a.timer, at(10));
  timers.set(far.timer, at(1000));
  timers.run(at(10));
  EXPECT_EQ(a.calls, 1);
  EXPECT_TRUE(a.timer.is_set());
  timers.run(at(11));
  EXPECT_EQ(a.calls, 2);
  timers.clear(a.timer);
  timers.clear(far.timer);
}

TEST(TimersTest, HandlerThatSetsAnotherToThePastMakesItRunLater) {
  Timers timers(2);
  Alarm a, b;
  a.timers = &timers;
  a.other = &b;
  a.action = [](Alarm& self) { self.timers->set(self.other->timer, at(5)); };
  timers.set(a.timer, at(10));
  timers.run(at(20));
  EXPECT_EQ(b.calls, 0);
  timers.run(at(21));
  EXPECT_EQ(b.calls, 1);
}

TEST(TimersTest, HandlerMayClearAnotherDueTimer) {
  Timers timers(2);
  Alarm a, b;
  a.timers = &timers;
  a.other = &b;
  a.action = [](Alarm& self) { self.timers->clear(self.other->timer); };
  timers.set(a.timer, at(10));
  timers.set(b.timer, at(11));
  timers.run(at(20));
  EXPECT_EQ(a.calls, 1);
  EXPECT_EQ(b.calls, 0);
}

TEST(TimersTest, HandlerMayDestroyItsOwner) {
  Timers timers(1);
  static std::unique_ptr<Alarm> doomed;
  doomed = std::make_unique<Alarm>();
  doomed->action = [](Alarm&) { doomed.reset(); };
  timers.set(doomed->timer, at(1));
  timers.run(at(1));
  EXPECT_EQ(doomed, nullptr);
}

// Compares with a list that is searched linearly.
void compare_with_naive_model(uint64_t seed) {
  Random random(seed);
  constexpr size_t kAlarms = 200;
  Timers timers(kAlarms / 4);  // so it has to grow
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (size_t i = 0; i < kAlarms; ++i) alarms.push_back(std::make_unique<Alarm>());
  std::map<size_t, Instant> model;
  std::vector<int> expected_calls(kAlarms);
  int64_t now = 0;
  for (int step = 0; step < 3000; ++step) {
    const size_t i = random.below(kAlarms);
    if (random.chance(0.6)) {
      const Instant deadline = at(now + static_cast<int64_t>(random.below(500)) - 50);
      timers.set(alarms[i]->timer, deadline);
      model[i] = deadline;
    } else if (random.chance(0.6)) {
      timers.clear(alarms[i]->timer);
      model.erase(i);
    } else {
      now += static_cast<int64_t>(random.below(60));
      timers.run(at(now));
      std::erase_if(model, [&](const auto& entry) {
        if (entry.second > at(now)) return false;
        ++expected_calls[entry.first];
        return true;
      });
    }
    Instant earliest = kNever;
    for (const auto& [index, deadline] : model) earliest = std::min(earliest, deadline);
    ASSERT_EQ(timers.next(), earliest) << "step " << step;
  }
  for (size_t i = 0; i < kAlarms; ++i) {
    EXPECT_EQ(alarms[i]->calls, expected_calls[i]) << i;
    EXPECT_EQ(alarms[i]->timer.is_set(), model.contains(i)) << i;
    timers.clear(alarms[i]->timer);
  }
}

TEST(TimersTest, RandomOperationsMatchANaiveModel) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    compare_with_naive_model(seed);
  }
}

TEST(TimersDeathTest, DestroyingASetTimerAborts) {
  EXPECT_DEATH(
      {
        Timers timers(1);
        Alarm a;
        timers.set(a.timer, at(1));
      },
      "CHECK");
}

}  // namespace
}  // namespace fanlight
