// SPDX-License-Identifier: Apache-2.0
#include "http/report/cameras_page.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/panel_world.h"

namespace fanlight {
namespace {

std::string page_of(ShardWorld& shard) {
  const ParsedResponse response =
      ask(shard, get("/cameras", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(response.headers.at("vary"), "Accept");
  EXPECT_EQ(response.headers.at("content-security-policy"), shard.state.pages.all_policy());
  return response.body;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CamerasPage, EachTileIsWholeWithoutJavaScript) {
  PanelWorld shard;
  shard.run_for(1s);
  shard.panel.describe("<b>\"HD\" & 'Webcam'</b>", "", "");
  const std::string page = page_of(shard);
  EXPECT_TRUE(has(page,
                  "<noscript><img src=\"cameras/cam/snapshot\" width=\"640\" height=\"480\" "
                  "alt=\"picture of cam\"></noscript><canvas class=\"blank scripted\" "
                  "width=\"640\" height=\"480\" "));
  EXPECT_TRUE(has(page, "<h2><a href=\"cameras/cam\">cam</a></h2>"));
  EXPECT_TRUE(has(page, "<small>&lt;b&gt;&quot;HD&quot; &amp; &#39;Webcam&#39;&lt;/b&gt;</small>"));
  EXPECT_TRUE(has(page, "data-state=\"live\""));
  EXPECT_TRUE(has(page, " · 10 fps</p>"));
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

// Everything around the tiles equals the file, byte for byte.
TEST(CamerasPage, TheRestIsTheFile) {
  PanelWorld shard;
  std::string page = page_of(shard);
  const size_t begin = page.find("<li ");
  const size_t end = page.find("</li>\n") + 6;
  ASSERT_LT(begin, end);
  page.replace(begin, end - begin, "<!-- tiles -->\n");
  EXPECT_EQ(page, shard.state.pages.all());
}

TEST(CamerasPage, TheLongestTextsFit) {
  PanelWorld shard;
  shard.panel.describe(std::string(CameraPanel::kTextBytesMax, '"'), "", "");
  EXPECT_TRUE(page_of(shard).ends_with("</html>\n"));
}

TEST(CamerasPage, SaysInWordsWhyThereIsNoPicture) {
  SimWorldConfig lost;
  lost.camera.lost_at = Duration(0);
  lost.camera.lost_for = 1min;
  ShardWorld away(lost);
  away.run_for(2s);
  EXPECT_TRUE(has(page_of(away), ">Camera lost: simulated</p>"));
  SimWorldConfig idle;
  idle.camera.idles_unwatched = true;
  ShardWorld resting(idle);
  resting.run_for(10s);
  EXPECT_TRUE(has(page_of(resting), ">idle until someone watches</p>"));
  SimWorldConfig none;
  none.camera.drop = 1;
  ShardWorld starting(none);
  EXPECT_TRUE(has(page_of(starting), ">no picture yet</p>"));
}

}  // namespace
}  // namespace fanlight
