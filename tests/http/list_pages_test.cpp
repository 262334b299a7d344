// SPDX-License-Identifier: Apache-2.0
#include "http/list_pages.h"

#include <gtest/gtest.h>

#include <string>

#include "http/content_policy.h"

namespace fanlight {
namespace {

size_t count(std::string_view text, std::string_view what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(ListPages, BeginATableUpToItsFirstRow) {
  const ListPages pages;
  for (const std::string_view page : {pages.stock(), pages.viewers()}) {
    EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n"));
    EXPECT_TRUE(page.ends_with("<tbody>\n"));
    for (const char* once :
         {"<title>", "<caption>", "<thead>", "<style>", "color-scheme:light dark"}) {
      EXPECT_EQ(count(page, once), 1u) << once;
    }
    EXPECT_EQ(count(page, "<script"), 0u);
    EXPECT_EQ(count(page, " style="), 0u);  // which the policy forbids
    EXPECT_LT(page.size(), 2048u);
  }
  EXPECT_EQ(count(pages.stock(), "<th scope=\"col\""), 4u);
  EXPECT_NE(pages.stock().find("<caption>Stock</caption>"), std::string_view::npos);
  EXPECT_NE(pages.viewers().find("<caption>Viewers</caption>"), std::string_view::npos);
}

TEST(ListPages, OnePolicyFitsBoth) {
  const ListPages pages;
  EXPECT_EQ(pages.policy(), content_policy(pages.stock()));
  EXPECT_EQ(pages.policy(), content_policy(pages.viewers()));
  EXPECT_NE(pages.policy().find("style-src 'sha256-"), std::string_view::npos);
}

}  // namespace
}  // namespace fanlight
