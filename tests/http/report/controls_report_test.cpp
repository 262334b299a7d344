// SPDX-License-Identifier: Apache-2.0
#include "http/report/controls_report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/protocol/exchange.h"
#include "tests/http/json_check.h"
#include "tests/http/panel_world.h"

namespace fanlight {
namespace {

TEST(ControlsReport, AloneAndAllOfThem) {
  PanelWorld shard;
  const auto published = control_rows(300, std::string(60, 'v'));
  ASSERT_EQ(shard.panel.publish_controls(published), 0u);
  const ParsedResponse response = ask(shard, get("/cameras/cam/controls"));
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  const JsonCheck json(response.body);
  ASSERT_TRUE(json.valid());
  EXPECT_EQ(json.size("controls"), published.size());
  EXPECT_EQ(json.at("controls[299].name"), "control 299");
  EXPECT_EQ(ask(shard, "HEAD /cameras/cam/controls HTTP/1.1\r\nHost: sim\r\n\r\n").status, 200);
  const JsonCheck state(ask(shard, get("/api/v1/state")).body);
  ASSERT_TRUE(state.valid());
  EXPECT_EQ(state.size("cameras[0].controls"), published.size());
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

// Wherever the pieces of an answer end, the text after the controls fits.
TEST(ControlsReport, OfEveryLengthFit) {
  for (size_t size = Exchange::kOutputSize - 120; size < Exchange::kOutputSize + 20; ++size) {
    PanelWorld shard;
    const std::string row = "\"" + std::string(size - 2, 'c') + "\"";
    shard.panel.publish_controls(std::vector<std::string>{row});
    for (const char* target : {"/cameras/cam/controls", "/cameras", "/api/v1/state"}) {
      ASSERT_TRUE(JsonCheck(ask(shard, get(target)).body).valid()) << target << " " << size;
    }
  }
}

// The list is one that the camera has published, however slowly it is read.
TEST(ControlsReport, ASlowReaderGetsOneWholeList) {
  PanelWorld shard;
  shard.panel.publish_controls(control_rows(250, std::string(60, 'a')));
  RawClient client(shard, {.send_buffer = 2 << 10, .receive_window = 2 << 10});
  client.set_reading(false);
  client.send(get("/cameras/cam/controls"));
  shard.run_for(100ms);
  shard.panel.publish_controls(control_rows(10, "b"));
  client.set_reading(true);
  ASSERT_TRUE(shard.run_until([&] { return client.answered(); }, 10s));
  const JsonCheck json(client.responses()[0].body);
  ASSERT_TRUE(json.valid());
  ASSERT_EQ(json.size("controls"), 250u);
  EXPECT_EQ(json.at("controls[249].value"), std::string(60, 'a'));
}

}  // namespace
}  // namespace fanlight
