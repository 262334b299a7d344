// SPDX-License-Identifier: Apache-2.0
#include "http/page/page.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "http/page/content_policy.h"

namespace fanlight {
namespace {

const CameraNames kNames({"front-door", "attic"});

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST(Page, ShowsThePictureWithoutJavaScript) {
  const Pages pages(kNames, "1.2.3", {});
  EXPECT_TRUE(has(pages.root(), "<noscript><img src=\"stream\" "));
  EXPECT_TRUE(has(pages.root(), "<h1 id=\"title\">front-door</h1>"));
}

// Relative URLs: the browser resolves them against /cameras/attic, whatever precedes that path.
TEST(Page, CameraPageFindsItsUrlsRelativeToItself) {
  const Pages pages(kNames, "1.2.3", {});
  const std::string_view attic = pages.camera(1);
  EXPECT_TRUE(has(attic, "<noscript><img src=\"attic/stream\" "));
  EXPECT_TRUE(has(attic, "<body data-camera=\"attic\" data-base=\"attic/\" data-root=\"../\">"));
  EXPECT_TRUE(has(attic, "href=\"../metrics\""));
  EXPECT_TRUE(has(pages.camera(0), "<noscript><img src=\"front-door/stream\" "));
}

TEST(Page, OfACameraThatIsNamedLater) {
  Pages pages(CameraNames({"", ""}), "1.2.3", {});
  const Pages from_the_start(kNames, "1.2.3", {});
  EXPECT_TRUE(pages.camera(0).empty());
  for (const char* name : {"front-door", "attic"}) pages.add(name);
  EXPECT_EQ(pages.root(), from_the_start.root());
  for (const size_t camera : {size_t{0}, size_t{1}}) {
    EXPECT_EQ(pages.camera(camera), from_the_start.camera(camera));
  }
  EXPECT_EQ(pages.camera_policy(), from_the_start.camera_policy());
}

TEST(Page, PagesAreSmallCompleteAndSelfContained) {
  const Pages pages(kNames, "1.2.3", {});
  for (const std::string_view page :
       {pages.root(), pages.camera(0), pages.camera(1), pages.all()}) {
    EXPECT_LT(page.size(), 46'000u);
    EXPECT_TRUE(has(page, "Fanlight 1.2.3"));
    EXPECT_TRUE(has(page, "<meta name=\"description\""));
    EXPECT_TRUE(page.ends_with("</html>\n"));
    // The SVG namespace is not an address: it is never requested.
    const std::string rest =
        std::regex_replace(std::string(page), std::regex("'?http://www.w3.org/2000/svg"), "");
    EXPECT_FALSE(has(rest, "http://"));
    EXPECT_FALSE(has(rest, "https://"));
    EXPECT_TRUE(has(page, "class Live"));
    for (const char* mark :
         {"%camera%", "%base%", "%root%", "%title%", "%style%", "%state%", "%main%", "%script%",
          "%data%", "%description%", "%version%", "%controls%"}) {
      EXPECT_FALSE(has(page, mark)) << mark;
    }
  }
}

// Nothing that the policy forbids: URLs are relative, and there are no inline handlers or styles.
TEST(Page, MatchesItsContentPolicy) {
  const Pages pages(kNames, "1.2.3", {});
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

TEST(Page, HasControlsOnlyIfTheyMayBeChanged) {
  const Pages closed(kNames, "1.2.3", {}), open(kNames, "1.2.3", {.controls = true});
  for (const char* part : {"<details id=\"controls\"", "class Controls"}) {
    EXPECT_FALSE(has(closed.root(), part)) << part;
    EXPECT_TRUE(has(open.root(), part)) << part;
    EXPECT_TRUE(has(open.camera(1), part)) << part;
  }
  EXPECT_EQ(open.camera_policy(), content_policy(open.camera(0)));
}

TEST(Page, HasTheSliderOnlyIfThereIsAHistory) {
  const Pages without(kNames, "1.2.3", {}), with(kNames, "1.2.3", {.past = true});
  for (const char* part : {"<div id=\"past\"", "class Past"}) {
    EXPECT_FALSE(has(without.root(), part)) << part;
    EXPECT_TRUE(has(with.root(), part)) << part;
  }
  EXPECT_FALSE(has(without.root(), "%past%"));
  EXPECT_TRUE(has(with.root(), "href=\"clip.mjpeg\""));
  EXPECT_TRUE(has(with.camera(1), "/clip.mjpeg\""));
  EXPECT_EQ(with.camera_policy(), content_policy(with.camera(0)));
}

TEST(Page, OpensWithTheAspectRatioOfItsPicture) {
  const PageOpening portrait(480, 640);
  EXPECT_EQ(portrait.text(),
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<style>:root{--w:480;--h:640}</style>\n");
  EXPECT_EQ(portrait.source(), source_hash(":root{--w:480;--h:640}"));
  EXPECT_TRUE(has(PageOpening(0, 0).text(), ":root{--w:16;--h:9}"));
}

TEST(Page, AllCamerasPageHasOnePlaceForTiles) {
  const Pages pages(kNames, "1.2.3", {});
  const size_t mark = pages.all().find("<!-- tiles -->\n");
  ASSERT_NE(mark, std::string_view::npos);
  EXPECT_EQ(pages.all().find("<!-- tiles -->", mark + 1), std::string_view::npos);
}

}  // namespace
}  // namespace fanlight
