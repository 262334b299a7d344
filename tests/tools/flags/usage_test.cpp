// SPDX-License-Identifier: Apache-2.0
#include "tools/flags/usage.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace fanlight {
namespace {

TEST(Usage, HelpBeginsWithExamplesAndIsWrapped) {
  CLI::App app("Shows it.", "show");
  std::string text;
  app.add_option("WHAT", text, "what to show")->required()->type_name("");
  app.set_help_flag("-h,--help", "print this, and exit")->group("Other");
  app.add_option("-q,--quality", text,
                 "a text that is too long for a line\nof what is left (default: 80)\n"
                 "    one: more of it, which is indented and filled on its own")
      ->type_name("N")
      ->group("Picture");
  app.add_option("--a-flag-that-is-rather-long", text, "short")->type_name("N")->group("Picture");
  app.add_option("--hidden", text, "")->group("");
  app.footer("The end.");
  EXPECT_EQ(help_text(app, "  show it\n"),
            "Shows it.\n\nExamples:\n  show it\n\nUsage: show [FLAG]... WHAT\n"
            "\nOptions:\n  WHAT                      what to show\n"
            "\nPicture:\n"
            "  -q,--quality N            a text that is too long for a line of what is left\n"
            "                            (default: 80)\n"
            "                                one: more of it, which is indented and filled on\n"
            "                                  its own\n"
            "  --a-flag-that-is-rather-long N\n"
            "                            short\n"
            "\nOther:\n  -h,--help                 print this, and exit\n"
            "\nThe end.\n");
}

TEST(Usage, DefaultIsNotSplitAcrossLines) {
  CLI::App app("x", "x");
  app.set_help_flag("-h,--help", "print this, and exit");
  std::string text;
  app.add_option("--listen", text,
                 "where to listen, which is a long text (default: 127.0.0.1:5000)");
  EXPECT_NE(help_text(app, "").find("\n                            (default: 127.0.0.1:5000)\n"),
            std::string::npos);
}

}  // namespace
}  // namespace fanlight
