// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/machine_names.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace fanlight {
namespace {

using Names = std::vector<std::string>;

Names names(std::string_view hostname, const std::string& hosts, const std::string& resolver) {
  std::istringstream hosts_file(hosts), resolver_file(resolver);
  return names_of_machine(hostname, hosts_file, resolver_file);
}

TEST(MachineNames, AreTheHostnameAndItsNamesInFiles) {
  EXPECT_EQ(names("pi5", "", ""), Names{"pi5"});
  EXPECT_EQ(names("pi5",
                  "127.0.0.1\tlocalhost\n\n127.0.1.1 pi5.example.org Pi5 porch # attic\n"
                  "10.0.0.9 pi55 other.example.org\n#10.0.0.8 pi5 comment.example.org\n",
                  ""),
            (Names{"pi5", "pi5.example.org", "Pi5", "porch"}));
  EXPECT_EQ(names("10", "10.0.0.7 other.example.org", ""), Names{"10"});
  EXPECT_EQ(names("pi5", "10.0.0.7 PI5.example.org", ""), (Names{"pi5", "PI5.example.org"}));
}

TEST(MachineNames, MayEndInASearchDomain) {
  EXPECT_EQ(
      names("pi5", "", "nameserver 10.0.0.1\nsearch fritz.box example.org # x\n;domain a.b\n"),
      (Names{"pi5", "pi5.fritz.box", "pi5.example.org"}));
  EXPECT_EQ(names("pi5.example.org", "", "domain fritz.box"),
            (Names{"pi5.example.org", "pi5.fritz.box"}));
}

TEST(MachineNames, OmitWhatIsNoName) {
  EXPECT_EQ(names("", "10.0.0.7 a b", "search example.org"), Names{});
  EXPECT_EQ(names("pi5", "10.0.0.7 pi5 a:b c/d", "search . e..f g"),
            (Names{"pi5", "pi5", "pi5.g"}));
}

TEST(MachineNames, OfThisMachineIncludeItsHostname) {
  char hostname[256] = {};
  ASSERT_EQ(::gethostname(hostname, sizeof hostname - 1), 0);
  const Names all = machine_names();
  EXPECT_NE(std::find(all.begin(), all.end(), hostname), all.end());
}

}  // namespace
}  // namespace fanlight
