// SPDX-License-Identifier: Apache-2.0
#include "http/page/list_pages.h"

#include <gtest/gtest.h>

#include <string>

#include "http/page/content_policy.h"

namespace fanlight {
namespace {

size_t count(std::string_view text, std::string_view what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(ListPages, StartATableUpToItsFirstRow) {
  const ListPages pages("1.2.3");
  for (const std::string_view page : {pages.stock(), pages.viewers()}) {
    EXPECT_TRUE(page.starts_with("<!doctype html>\n<html lang=\"en\">\n"));
    EXPECT_TRUE(page.ends_with("<tbody>\n"));
    for (const char* once :
         {"<title>", "<h1", "<main>", "<thead>", "<style>", "color-scheme: light dark"}) {
      EXPECT_EQ(count(page, once), 1u) << once;
    }
    EXPECT_EQ(count(page, "<script"), 0u);
    EXPECT_EQ(count(page, " style="), 0u);  // which the policy forbids
    EXPECT_LT(page.size(), 8192u);
  }
  EXPECT_EQ(count(pages.stock(), "<th scope=\"col\""), 4u);
  EXPECT_EQ(count(pages.stock(), "<h1 id=\"title\">Stock</h1>"), 1u);
  EXPECT_EQ(count(pages.viewers(), "<h1 id=\"title\">Viewers</h1>"), 1u);
  EXPECT_TRUE(pages.end().starts_with("</table>\n</main>\n<footer>\n"));
  EXPECT_EQ(count(pages.end(), "Fanlight 1.2.3"), 1u);
  EXPECT_TRUE(pages.end().ends_with("</html>\n"));
}

TEST(ListPages, OnePolicyFitsBoth) {
  const ListPages pages("1.2.3");
  EXPECT_EQ(pages.policy(), content_policy(pages.stock()));
  EXPECT_EQ(pages.policy(), content_policy(pages.viewers()));
  EXPECT_NE(pages.policy().find("style-src 'sha256-"), std::string_view::npos);
}

}  // namespace
}  // namespace fanlight
