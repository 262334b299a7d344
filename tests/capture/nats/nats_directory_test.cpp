// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_directory.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <string>
#include <utility>

#include "capture/nats/announcement.h"
#include "tests/capture/nats/test_link.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

NatsDirectoryConfig config() {
  NatsDirectoryConfig config;
  config.shown = "nats://bus/";
  config.login.address = parse_nats_directory_url("nats://bus/fanlight.>");
  config.cameras_max = 3;
  config.taken = {"front"};
  config.own = {"fanlight.own"};
  return config;
}

using Cameras = std::vector<std::pair<std::string, bool>>;

class NatsDirectoryTest : public testing::Test {
 protected:
  void announce(const std::string& camera) {
    nats_.send({announcement_fields(), {}, announcement_subject("fanlight." + camera)});
  }
  // Again and again, as a publisher does, from `begin` to `end`.
  void announce_from(Duration begin, Duration end, const std::string& camera) {
    for (Duration at = begin; at <= end; at += kAnnounceEvery) {
      clock_.at(at, [this, camera] { announce(camera); });
    }
  }
  void run_for(Duration duration) {
    clock_.stop_at(duration);
    directory_.run();
  }
  bool has_changes() {
    pollfd ready{directory_.fd(), POLLIN, 0};
    return ::poll(&ready, 1, 0) == 1;
  }
  // Names, and whether they are there.
  Cameras cameras() {
    Cameras all;
    for (const auto& camera : directory_.take_cameras()) {
      all.emplace_back(camera.name, camera.is_there);
    }
    return all;
  }

  FakeClock clock_;
  TestNats nats_;
  NatsDirectory directory_{config(), clock_, nats_.connect()};
};

TEST_F(NatsDirectoryTest, ListsWhatIsAnnounced) {
  announce_from(100ms, 20s, "yard");
  clock_.at(1s, [&] {
    EXPECT_TRUE(has_changes());
    const auto listed = directory_.take_cameras();
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].name, "yard");
    EXPECT_EQ(listed[0].subject, "fanlight.yard");
    EXPECT_TRUE(listed[0].is_there);
    EXPECT_FALSE(has_changes());
  });
  run_for(20s);
  EXPECT_FALSE(has_changes()) << "it stays";
  EXPECT_EQ(cameras(), (Cameras{{"yard", true}}));
  ASSERT_EQ(nats_.orders.size(), 1u);
  EXPECT_EQ(nats_.orders[0].subject, "_FANLIGHT.fanlight.>");
  EXPECT_EQ(nats_.orders[0].limit, NatsLink::kNoLimit);
}

TEST_F(NatsDirectoryTest, ACameraIsGoneWhenItIsSilentAndMayComeBack) {
  clock_.at(1s, [&] { announce("yard"); });
  announce_from(1s, 30s, "gate");
  clock_.at(7900ms, [&] { EXPECT_EQ(cameras(), (Cameras{{"yard", true}, {"gate", true}})); });
  clock_.at(8100ms, [&] {
    EXPECT_TRUE(has_changes());
    EXPECT_EQ(cameras(), (Cameras{{"yard", false}, {"gate", true}}));
  });
  clock_.at(20s, [&] { announce("yard"); });
  clock_.at(20100ms, [&] {
    EXPECT_TRUE(has_changes());
    EXPECT_EQ(cameras(), (Cameras{{"yard", true}, {"gate", true}})) << "where it was";
  });
  run_for(21s);
}

TEST_F(NatsDirectoryTest, NobodyIsSilentWhileThereIsNoConnection) {
  announce_from(1s, 4s, "yard");
  clock_.at(5s, [&] {
    cameras();
    nats_.connect_error = ECONNREFUSED;
    nats_.fail(ECONNRESET);
  });
  clock_.at(60s, [&] { nats_.connect_error.reset(); });
  clock_.at(66s, [&] {
    EXPECT_EQ(cameras(), (Cameras{{"yard", true}})) << "it may not have been heard yet";
  });
  run_for(90s);
  EXPECT_EQ(cameras(), (Cameras{{"yard", false}}));
  EXPECT_GE(nats_.connects, 8);
  EXPECT_LE(nats_.connects, 14) << "0.5, 1, 2, 4, 8, 10, 10 s..., give or take a quarter";
}

TEST_F(NatsDirectoryTest, AServerThatEndsEachConnectionAtOnceIsTriedLessAndLessOften) {
  for (int i = 1; i < 600; ++i) {
    clock_.at(i * 100ms, [&] { nats_.fail(EACCES); });
  }
  run_for(60s);
  EXPECT_GE(nats_.connects, 8);
  EXPECT_LE(nats_.connects, 14);
}

TEST_F(NatsDirectoryTest, WakesAgainWithTheNextAnnouncement) {
  announce_from(1s, 10s, "yard");
  clock_.at(1500ms, [&] {
    cameras();
    directory_.wake_again();
    EXPECT_FALSE(has_changes());
  });
  clock_.at(3500ms, [&] {
    EXPECT_TRUE(has_changes());
    cameras();
  });
  clock_.at(9500ms, [&] { EXPECT_FALSE(has_changes()) << "once"; });
  run_for(10s);
}

TEST_F(NatsDirectoryTest, NamesAreUniqueAndLimited) {
  clock_.at(1s, [&] {
    for (const char* camera :
         {"front", "own", "a.b", "A_B", "a.b", "c", "no name", "d+e", "d", "e", "c"}) {
      announce(camera);
    }
  });
  run_for(2s);
  EXPECT_EQ(cameras(), (Cameras{{"a-b", true}, {"c", true}, {"d", true}}))
      << "one is taken, one is ours, one is a duplicate, two have no name, and one is too many";
}

TEST_F(NatsDirectoryTest, WhatIsNoAnnouncementIsIgnored) {
  clock_.at(1s, [&] {
    nats_.send(test_message(1));
    nats_.send({announcement_fields(), {}, "fanlight.yard"});
    nats_.send({{}, {}, announcement_subject("fanlight.yard")});
    nats_.send({announcement_fields(), {}, announcement_subject("other.yard")});
  });
  run_for(2s);
  EXPECT_EQ(cameras(), Cameras{});
}

}  // namespace
}  // namespace fanlight
