// SPDX-License-Identifier: Apache-2.0
// The contents of pages are tested in page_test.cpp, their heads in reply_test.cpp.
#include "http/answer/page_reply.h"

#include <gtest/gtest.h>

#include <string>

#include "http/page/page_text.h"
#include "tests/http/panel_world.h"

namespace fanlight {
namespace {

TEST(PageReply, ThePageBeginsWithTheShapeOfTheNewestPicture) {
  PanelWorld shard;
  shard.run_for(1s);
  const CaptureStats& stats = shard.state.cameras[0].ring->stats();
  ASSERT_GT(stats.width.value(), 0u);
  const std::string shape = ":root{--w:" + std::to_string(stats.width.value()) +
                            ";--h:" + std::to_string(stats.height.value()) + "}";
  for (const char* target : {"/", "/cameras/cam"}) {
    const ParsedResponse page = ask(shard, get(target));
    EXPECT_NE(page.body.find(shape), std::string::npos) << page.body.substr(0, 200);
    EXPECT_EQ(page.headers.at("content-length"), std::to_string(page.body.size()));
  }
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

TEST(PageReply, TheIconComesFromTheProgram) {
  PanelWorld shard;
  for (const char* target : {"/favicon.svg", "/favicon.ico"}) {
    const ParsedResponse icon = ask(shard, get(target));
    EXPECT_EQ(icon.status, 200);
    EXPECT_EQ(icon.headers.at("content-type"), "image/svg+xml");
    EXPECT_EQ(icon.headers.at("connection"), "close");
    EXPECT_EQ(icon.body, kFaviconSvg);
  }
}

TEST(PageReply, PagesOfAnyOriginMayImportTheModule) {
  PanelWorld shard;
  const ParsedResponse module = ask(shard, get("/viewer.js", "Origin: https://home.example\r\n"));
  EXPECT_EQ(module.status, 200);
  EXPECT_EQ(module.headers.at("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(module.headers.at("access-control-allow-origin"), "*");
  EXPECT_EQ(module.body, kViewerJs);
  EXPECT_TRUE(kViewerJs.starts_with(kPlayerJs));
}

}  // namespace
}  // namespace fanlight
