// SPDX-License-Identifier: Apache-2.0
#include "http/page.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "http/content_policy.h"

namespace fanlight {
namespace {

const std::vector<std::string> kNames = {"front-door", "attic"};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST(Page, ShowsThePictureWithoutJavaScript) {
  const Pages pages(kNames);
  EXPECT_TRUE(pages.root().starts_with("<!doctype html>"));
  EXPECT_TRUE(has(pages.root(), "<noscript><img src=\"stream\" "));
  EXPECT_TRUE(has(pages.root(), "<h1>front-door</h1>"));
}

// Relative URLs: the browser resolves them against /cameras/attic, whatever stands before that.
TEST(Page, OfACameraFindsItsUrlsFromWhereItIs) {
  const Pages pages(kNames);
  const std::string_view attic = pages.camera(1);
  EXPECT_TRUE(has(attic, "<noscript><img src=\"attic/stream\" "));
  EXPECT_TRUE(has(attic, "<body data-camera=\"attic\" data-base=\"attic/\" data-root=\"../\">"));
  EXPECT_TRUE(has(attic, "href=\"../metrics\""));
  EXPECT_TRUE(has(pages.camera(0), "<noscript><img src=\"front-door/stream\" "));
}

TEST(Page, AllPagesAreSmallWholeAndLoadNothingFromElsewhere) {
  const Pages pages(kNames);
  for (const std::string_view page :
       {pages.root(), pages.camera(0), pages.camera(1), pages.all()}) {
    EXPECT_LT(page.size(), 30'000u);
    EXPECT_TRUE(page.ends_with("</html>\n"));
    // The name of SVG is no address: nobody asks for it.
    const std::string rest =
        std::regex_replace(std::string(page), std::regex("'?http://www.w3.org/2000/svg"), "");
    EXPECT_FALSE(has(rest, "http://"));
    EXPECT_FALSE(has(rest, "https://"));
    EXPECT_TRUE(has(page, "class Live"));
    for (const char* mark : {"%camera%", "%base%", "%root%", "%icon%", "%live.css%", "%live.js%",
                             "%page.css%", "%page.js%"}) {
      EXPECT_FALSE(has(page, mark)) << mark;
    }
  }
}

// What the policy forbids is not there: URLs are relative and there is no inline handler or style.
TEST(Page, KeepsToItsPolicy) {
  const Pages pages(kNames);
  EXPECT_EQ(pages.camera_policy(), content_policy(pages.camera(1)));
  EXPECT_EQ(pages.all_policy(), content_policy(pages.all()));
  const std::regex forbidden(R"(<[a-z][^>]*\s(style=|on[a-z]+=|src="/|href="/)[^>]*>)");
  for (const std::string_view page : {pages.root(), pages.camera(1), pages.all()}) {
    const std::string markup(page.substr(0, page.find("<script>")));
    EXPECT_FALSE(std::regex_search(markup, forbidden));
    EXPECT_EQ(page.find("<style>"), page.rfind("<style"));
    EXPECT_EQ(page.find("<script>"), page.rfind("<script"));
  }
}

TEST(Page, OfAllCamerasHasOnePlaceForTiles) {
  const Pages pages(kNames);
  const size_t mark = pages.all().find("<!-- tiles -->\n");
  ASSERT_NE(mark, std::string_view::npos);
  EXPECT_EQ(pages.all().find("<!-- tiles -->", mark + 1), std::string_view::npos);
}

}  // namespace
}  // namespace fanlight
