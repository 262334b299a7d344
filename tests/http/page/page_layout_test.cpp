// SPDX-License-Identifier: Apache-2.0
#include "http/page/page_layout.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

TEST(PageLayout, PutsEachPartInItsPlace) {
  PageParts parts;
  parts.title = "T";
  parts.description = "D";
  parts.style = "s{}\n";
  parts.state = "<i></i>\n";
  parts.main = "<p>M</p>\n";
  parts.script = "x();\n";
  parts.data = " data-a";
  parts.root = "../";
  parts.version = "9";
  const std::string page = lay_out(parts);
  for (const char* part :
       {"<title>T – Fanlight</title>", "content=\"D\"", "s{}\n</style>", "<body data-a>",
        "<h1 id=\"title\">T</h1>\n<i></i>\n", "<main>\n<p>M</p>\n</main>", "Fanlight 9",
        "<script>\nx();\n</script>", "href=\"../favicon.svg\"", "href=\"../cameras\""}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

TEST(PageLayout, OmitsTheScriptIfThereIsNone) {
  EXPECT_EQ(lay_out({}).find("<script"), std::string::npos);
}

}  // namespace
}  // namespace fanlight
