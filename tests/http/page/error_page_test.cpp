// SPDX-License-Identifier: Apache-2.0
#include "http/page/error_page.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/http/panel_world.h"

namespace fanlight {
namespace {

std::string whole(const ErrorPage& page, const ErrorWords& words) {
  std::array<char, ErrorPage::kBeginBytesMax> begin;
  std::array<char, ErrorPage::kEndBytesMax> end;
  TextWriter begin_text(begin), end_text(end);
  page.write_begin(words, begin_text);
  page.write_end(words, end_text);
  return std::string(begin_text.view()) + std::string(page.middle()) + std::string(end_text.view());
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST(ErrorPage, IsACompletePage) {
  const std::string page = whole(ErrorPage("1.2.3"), {404, "there is <nothing> here", "/x"});
  EXPECT_TRUE(page.starts_with("<!doctype html>\n<html lang=\"en\">\n"));
  for (const char* part :
       {"<title>404 Not Found – Fanlight</title>", "<h1 id=\"title\">404 Not Found</h1>",
        "<main>\n<p>There is &lt;nothing&gt; here.</p>", "name=\"viewport\"",
        "<link rel=\"icon\" href=\"./favicon.svg\"", "<a href=\"./\">To the live picture</a>",
        "Fanlight 1.2.3"}) {
    EXPECT_TRUE(has(page, part)) << part << page;
  }
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

// Also below a path prefix that a proxy adds.
TEST(ErrorPage, LinksHomeFromAnyPath) {
  const ErrorPage page("1");
  EXPECT_TRUE(has(whole(page, {404, "x", "/cameras/none/stream"}), "<a href=\"../../\">To the"));
  EXPECT_TRUE(has(whole(page, {404, "x", "//////////////////"}), "<a href=\"/\">To the"));
  EXPECT_TRUE(has(whole(page, {404, "x", "*"}), "<a href=\"./\">To the"));
}

TEST(ErrorPage, LongestTextFits) {
  const std::string version(64, 'v');
  whole(ErrorPage(version), {503, std::string(256, '"'), "/1/2/3/4/5/6/7/8/9"});
}

TEST(ErrorPage, BrowsersGetAPageAndProgramsALine) {
  PanelWorld shard;
  for (const char* target : {"/none", "/stream?fps=x", "/stock-table"}) {
    const ParsedResponse line = ask(shard, get(target, "Accept: */*\r\n"));
    const ParsedResponse page = ask(shard, get(target, "Accept: text/html,*/*;q=0.8\r\n"));
    EXPECT_EQ(page.status, line.status);
    EXPECT_EQ(line.headers.at("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
    EXPECT_TRUE(has(page.headers.at("content-security-policy"), "default-src 'none'"));
    EXPECT_TRUE(page.body.starts_with("<!doctype html>")) << page.body;
    EXPECT_TRUE(page.body.ends_with("</html>\n"));
  }
  EXPECT_EQ(ask(shard, get("/none")).body, "404 Not Found: there is nothing here\n");
  EXPECT_EQ(shard.world.forbidden_allocations(), 0u);
}

}  // namespace
}  // namespace fanlight
