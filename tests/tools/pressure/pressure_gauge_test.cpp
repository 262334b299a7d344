// SPDX-License-Identifier: Apache-2.0
#include "tools/pressure/pressure_gauge.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace fanlight {
namespace {

struct PressureGaugeTest : testing::Test {
  std::string folder = (std::filesystem::temp_directory_path() / "pressure.XXXXXX").string();
  Instant now = Instant(1000s);

  PressureGaugeTest() { EXPECT_NE(::mkdtemp(folder.data()), nullptr); }
  ~PressureGaugeTest() override { std::filesystem::remove_all(folder); }

  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = folder + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  const std::string& root() { return folder; }
  double next_cpu(PressureGauge& gauge) { return gauge.read(now += 1s).cpu; }
};

TEST_F(PressureGaugeTest, TheUseOfTheMachine) {
  write("/proc/stat", "cpu  100 0 0 900 0 0 0 0 0 0\ncpu0 1 2 3\n");
  PressureGauge gauge(root());
  EXPECT_EQ(next_cpu(gauge), 0) << "it is not known yet";
  write("/proc/stat", "cpu  130 10 20 920 10 5 3 2 99 99\ncpu0 1 2 3\n");
  EXPECT_NEAR(next_cpu(gauge), 0.7, 1e-9) << "idle and iowait are not used, guests are user's";
  EXPECT_EQ(next_cpu(gauge), 0);
  write("/proc/stat", "cpu  10 0 0 20 0 0 0 0 0 0\n");
  EXPECT_EQ(next_cpu(gauge), 0) << "a processor has left";
  write("/proc/stat", "cpu  60 0 0 70 0 0 0 0 0 0\n");
  EXPECT_NEAR(next_cpu(gauge), 0.5, 1e-9);
  EXPECT_STREQ(gauge.subject(), "the machine");
}

TEST_F(PressureGaugeTest, TheUseOfACgroupWithALimit) {
  write("/proc/stat", "cpu  1 0 0 1 0 0 0 0 0 0\n");
  write("/proc/self/cgroup", "4:memory:/x\n0::/fanlight.service\n");
  write("/sys/fs/cgroup/fanlight.service/cpu.max", "150000 100000\n");
  write("/sys/fs/cgroup/fanlight.service/cpu.stat", "usage_usec 5000000\nuser_usec 1\n");
  PressureGauge gauge(root());
  EXPECT_STREQ(gauge.subject(), "its cgroup's limit");
  EXPECT_EQ(next_cpu(gauge), 0);
  write("/sys/fs/cgroup/fanlight.service/cpu.stat", "usage_usec 5750000\nuser_usec 1\n");
  EXPECT_NEAR(next_cpu(gauge), 0.5, 1e-6) << "0.75 of 1.5 processors";
  write("/sys/fs/cgroup/fanlight.service/cpu.stat", "usage_usec 9750000\nuser_usec 1\n");
  EXPECT_EQ(next_cpu(gauge), 1);
}

TEST_F(PressureGaugeTest, ACgroupWithoutALimitHasTheMachine) {
  write("/proc/self/cgroup", "0::/\n");
  write("/sys/fs/cgroup/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/cpu.stat", "usage_usec 5\n");
  EXPECT_STREQ(PressureGauge(root()).subject(), "the machine");
}

TEST_F(PressureGaugeTest, WhatThePisFirmwareDoes) {
  const std::string file = "/sys/devices/platform/soc/soc:firmware/get_throttled";
  write(file, "0\n");
  PressureGauge gauge(root());
  EXPECT_FALSE(gauge.read(now).is_hot);
  for (const char* text : {"2\n", "4\n", "8\n", "50004\n", "0xe0002\n", "e\n"}) {
    write(file, text);
    EXPECT_TRUE(gauge.read(now).is_hot) << text;
  }
  for (const char* text : {"1\n", "50001\n", "e0000\n", "0x0\n", "", "broken\n"}) {
    write(file, text);
    EXPECT_FALSE(gauge.read(now).is_hot) << text;
  }
}

TEST_F(PressureGaugeTest, AZoneAtItsPassiveTripPoint) {
  const std::string zone = "/sys/class/thermal/thermal_zone3/";
  write(zone + "temp", "84999\n");
  write(zone + "trip_point_0_type", "critical\n");
  write(zone + "trip_point_0_temp", "110000\n");
  write(zone + "trip_point_1_type", "passive\n");
  write(zone + "trip_point_1_temp", "85000\n");
  write("/sys/class/thermal/thermal_zone0/temp", "99000\n");  // of a zone without one
  PressureGauge gauge(root());
  EXPECT_FALSE(gauge.read(now).is_hot);
  write(zone + "temp", "85000\n");
  EXPECT_TRUE(gauge.read(now).is_hot);
  write(zone + "temp", "-5000\n");
  EXPECT_FALSE(gauge.read(now).is_hot);
}

TEST_F(PressureGaugeTest, FilesThatDoNotExistAreDoneWithout) {
  PressureGauge gauge(root());
  EXPECT_EQ(next_cpu(gauge), 0);
  EXPECT_EQ(next_cpu(gauge), 0);
  EXPECT_FALSE(gauge.read(now).is_hot);
}

TEST(PressureGauge, TheRealFilesHaveAShare) {
  PressureGauge gauge;
  gauge.read(Instant(1s));
  const Pressure pressure = gauge.read(Instant(2s));
  EXPECT_GE(pressure.cpu, 0);
  EXPECT_LE(pressure.cpu, 1);
}

}  // namespace
}  // namespace fanlight
