// SPDX-License-Identifier: Apache-2.0
#include "io/link.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace fanlight {
namespace {

// Replaces the kernel's files by those of the test.
class LinkTest : public testing::Test {
 protected:
  LinkTest() {
    std::string path = (std::filesystem::temp_directory_path() / "link_test.XXXXXX").string();
    folder_ = ::mkdtemp(path.data());
    files_.interfaces = folder_.string();
    files_.routes = (folder_ / "route").string();
  }
  ~LinkTest() override { std::filesystem::remove_all(folder_); }

  void speed(const std::string& name, const std::string& text) {
    std::filesystem::create_directory(folder_ / name);
    std::ofstream(folder_ / name / "speed") << text << "\n";
  }
  void routes(const std::string& lines) {
    std::ofstream(files_.routes)
        << "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        << lines;
  }

  LinkFiles files_;

 private:
  std::filesystem::path folder_;
};

TEST_F(LinkTest, WildcardUsesTheDefaultRouteWithTheLowestMetric) {
  routes(
      "eth0\t0000FEA9\t00000000\t0001\t0\t0\t50\t0000FFFF\t0\t0\t0\n"
      "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
      "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
      "eth9\t00000000\t0101A8C0\t0000\t0\t0\t1\t00000000\t0\t0\t0\n");
  speed("eth0", "1000");
  speed("eth9", "10");
  for (const char* host : {"0.0.0.0", "::"}) {
    const auto link = find_link(host, files_);
    ASSERT_TRUE(link.has_value());
    EXPECT_EQ(link->name, "eth0");
    EXPECT_EQ(link->bits_per_second, 1'000'000'000u);
  }
}

TEST_F(LinkTest, SpeedIsUnknownIfTheInterfaceHasNone) {
  routes("wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n");
  EXPECT_FALSE(find_link("0.0.0.0", files_));  // Wi-Fi: no such file, or EINVAL
  speed("wlan0", "-1");                        // an unplugged cable
  EXPECT_FALSE(find_link("0.0.0.0", files_));
  speed("wlan0", "0");
  EXPECT_FALSE(find_link("0.0.0.0", files_));
}

TEST_F(LinkTest, IsEmptyWithoutADefaultRouteOrWithBrokenFiles) {
  speed("eth0", "1000");
  EXPECT_FALSE(find_link("0.0.0.0", files_));  // no file
  routes("");
  EXPECT_FALSE(find_link("0.0.0.0", files_));
  routes("eth0 00000000 garbage\n\n\teth0");
  EXPECT_FALSE(find_link("0.0.0.0", files_));
}

TEST_F(LinkTest, IsEmptyForLoopbackAndUnknownAddresses) {
  speed("lo", "10000");
  EXPECT_FALSE(find_link("127.0.0.1", files_));
  EXPECT_FALSE(find_link("::1", files_));
  EXPECT_FALSE(find_link("203.0.113.77", files_));  // assigned to no interface (RFC 5737)
}

TEST_F(LinkTest, BestAddressIsThatOfTheDefaultRoute) {
  routes("wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n");
  const std::vector<MachineAddress> all = {{"eth0", "10.0.0.2", false},
                                           {"docker0", "172.17.0.1", false},
                                           {"wlan0", "2001:db8::2", true},
                                           {"wlan0", "192.168.1.20", false},
                                           {"br-0a1b", "172.18.0.1", false}};
  EXPECT_EQ(best_addresses(all, false, files_),
            (std::vector<std::string>{"192.168.1.20", "10.0.0.2"}));
  EXPECT_EQ(best_addresses(all, true, files_),
            (std::vector<std::string>{"192.168.1.20", "2001:db8::2", "10.0.0.2"}));
  EXPECT_TRUE(best_addresses({}, true, files_).empty());
}

TEST(MachineAddresses, ExcludeLoopbackAndLinkLocal) {
  for (const MachineAddress& each : machine_addresses()) {
    EXPECT_FALSE(each.text.starts_with("127.")) << each.text;
    EXPECT_FALSE(each.text.starts_with("fe80:")) << each.text;
    EXPECT_NE(each.text, "::1");
    EXPECT_EQ(each.is_v6, each.text.find(':') != std::string::npos);
  }
}

}  // namespace
}  // namespace fanlight
