// SPDX-License-Identifier: Apache-2.0
#include "http/page.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(Page, OfTheCamerasHasOnePlaceForTilesAndLoadsNothingFromElsewhere) {
  const std::string_view page = cameras_html();
  const size_t mark = page.find("<!-- tiles -->\n");
  ASSERT_NE(mark, std::string_view::npos);
  EXPECT_EQ(page.find("<!-- tiles -->", mark + 1), std::string_view::npos);
  EXPECT_EQ(page.find("http://"), std::string_view::npos);
  EXPECT_EQ(page.find("https://"), std::string_view::npos);
  EXPECT_LT(page.size(), 30'000u);
}

TEST(Page, ShowsThePictureWithoutJavaScriptAndLoadsNothingFromElsewhere) {
  const std::string_view page = page_html();
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_NE(page.find("<img id=\"live\" src=\"/stream\""), std::string_view::npos);
  EXPECT_EQ(page.find("http://"), std::string_view::npos);
  EXPECT_EQ(page.find("https://"), std::string_view::npos);
  EXPECT_LT(page.size(), 30'000u);
}

}  // namespace
}  // namespace fanlight
