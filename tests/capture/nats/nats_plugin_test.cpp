// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_plugin.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "capture/camera/source_table.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

TEST(NatsPlugin, IsFoundByItsNameAndThrowsWhatTheProgramCatches) {
  const std::vector<std::string> folders{TEST_PLUGINS};
  NatsLogin login;
  login.address.host = "bus";
  try {
    load_nats_plugin(folders).connect(login);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EHOSTUNREACH);
    EXPECT_NE(std::string(error.what()).find("test: bus"), std::string::npos) << error.what();
  }
}

// No plugin is beside this program.
TEST(NatsPlugin, IsListedInTheSourceTable) {
  FakeClock clock;
  for (const char* spec : {"nats://bus/fanlight.yard", "tls://bus/fanlight.yard"}) {
    try {
      open_source(spec, {}, clock);
      FAIL();
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), ENOENT);
      const std::string what = error.what();
      EXPECT_NE(what.find("NATS: its plugin is a separate package (fanlight-nats)"), what.npos)
          << what;
      EXPECT_FALSE(may_come(spec, error.code()));
    }
    EXPECT_TRUE(may_come(spec, std::error_code(ECONNREFUSED, std::system_category())));
    EXPECT_FALSE(may_come(spec, std::error_code(EACCES, std::system_category())));
  }
  EXPECT_THROW(open_source("nats://bus/", {}, clock), std::invalid_argument);
}

}  // namespace
}  // namespace fanlight
