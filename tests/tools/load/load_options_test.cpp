// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/tools/options/command_line.h"

namespace fanlight {
namespace {

constexpr const char* kUrl = "http://127.0.0.1:5000/stream";

std::optional<LoadOptions> parse(std::vector<const char*> arguments) {
  return parse_as("fanlight-load", parse_load_options, arguments);
}

std::string mistake(const std::vector<const char*>& arguments) {
  return mistake_of([&] { parse(arguments); });
}

TEST(LoadOptions, HasDefaults) {
  const LoadOptions options = parse({kUrl}).value();
  EXPECT_EQ(options.url, kUrl);
  EXPECT_EQ(options.viewers, 100u);
  EXPECT_EQ(options.duration, 10s);
  EXPECT_EQ(options.settle, 2s);
  EXPECT_EQ(options.ramp, 0s);
  EXPECT_EQ(options.threads, 1u);
  EXPECT_TRUE(options.cpus.empty());
  EXPECT_EQ(options.slow.of(100), 0u);
  EXPECT_EQ(options.slow_rate, 51'200u);
  EXPECT_EQ(options.check_every, 64u);
  EXPECT_EQ(options.pid, 0);
  EXPECT_TRUE(options.json.empty());
  EXPECT_FALSE(options.quiet);
  EXPECT_FALSE(options.tolerate);
  EXPECT_FALSE(options.segments);
}

TEST(LoadOptions, AcceptsEveryFlag) {
  const LoadOptions options = parse({"--viewers",
                                     "2000",
                                     "--duration",
                                     "30s",
                                     "--settle",
                                     "500ms",
                                     "--ramp",
                                     "0",
                                     "--threads",
                                     "2",
                                     "--cpus",
                                     "0-2,5",
                                     "--slow",
                                     "10%",
                                     "--slow-rate",
                                     "20K",
                                     "--stalled",
                                     "3",
                                     "--resetting",
                                     "1%",
                                     "--vanishing",
                                     "4",
                                     "--slow-receive-buffer",
                                     "16K",
                                     "--receive-buffer",
                                     "64K",
                                     "--check-every",
                                     "1",
                                     "--pid",
                                     "42",
                                     "--header",
                                     "A: b",
                                     "--header",
                                     "C: d",
                                     "--segments",
                                     "--seed",
                                     "9",
                                     "--json",
                                     "-",
                                     "--quiet",
                                     "--tolerate",
                                     kUrl})
                                  .value();
  EXPECT_EQ(options.viewers, 2000u);
  EXPECT_EQ(options.duration, 30s);
  EXPECT_EQ(options.settle, 500ms);
  EXPECT_EQ(options.ramp, 0s);
  EXPECT_EQ(options.threads, 2u);
  EXPECT_EQ(options.cpus, (std::vector<int>{0, 1, 2, 5}));
  EXPECT_EQ(options.slow.of(options.viewers), 200u);
  EXPECT_EQ(options.slow_rate, 20'480u);
  EXPECT_EQ(options.stalled.of(options.viewers), 3u);
  EXPECT_EQ(options.resetting.of(options.viewers), 20u);
  EXPECT_EQ(options.vanishing.of(options.viewers), 4u);
  EXPECT_EQ(options.slow_receive_buffer, 16'384u);
  EXPECT_EQ(options.receive_buffer, 65'536u);
  EXPECT_EQ(options.check_every, 1u);
  EXPECT_EQ(options.pid, 42);
  EXPECT_EQ(options.headers, (std::vector<std::string>{"A: b", "C: d"}));
  EXPECT_EQ(options.seed, 9u);
  EXPECT_EQ(options.json, "-");
  EXPECT_TRUE(options.quiet);
  EXPECT_TRUE(options.segments);
  EXPECT_TRUE(options.tolerate);
}

TEST(LoadOptions, AcceptsTheShortFlagsOfWrkAndHey) {
  const LoadOptions options = parse({"-c", "200", "-d30s", "-t2", "-H", "A: b", kUrl}).value();
  EXPECT_EQ(options.viewers, 200u);
  EXPECT_EQ(options.duration, 30s);
  EXPECT_EQ(options.threads, 2u);
  EXPECT_EQ(options.headers, std::vector<std::string>{"A: b"});
  EXPECT_EQ(parse({"-z", "5s", kUrl}).value().duration, 5s);
  EXPECT_EQ(mistake({"-c", "0", kUrl}).substr(0, 13), "--viewers '0'");
}

TEST(LoadOptions, HelpBeginsWithExamplesAndFitsATerminal) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(parse({"--help"}).has_value());
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_LT(help.find("fanlight-load http://127.0.0.1:5000/stream"), help.find("Usage:"));
  for (const char* word : {"-c,--viewers N", "fairness", "skipped", "age", "torn", "skew"}) {
    EXPECT_NE(help.find(word), help.npos) << word;
  }
  for (size_t begin = 0, end = 0; (end = help.find('\n', begin)) != help.npos; begin = end + 1) {
    EXPECT_LE(end - begin, 80u) << help.substr(begin, end - begin);
  }
}

TEST(LoadOptions, SuggestsTheIntendedFlag) {
  const std::string see = "; see fanlight-load --help";
  EXPECT_EQ(mistake({"--viwers", "5", kUrl}),
            "--viwers: no such flag; did you mean '--viewers'?" + see);
  EXPECT_EQ(mistake({"-viewers", "5", kUrl}), "-viewers: did you mean '--viewers'?");
  EXPECT_EQ(mistake({"localhost:5000/stream"}),
            "'localhost:5000/stream': no http://; did you mean 'http://localhost:5000/stream'?");
  EXPECT_EQ(mistake({"--pid", "12", "34", kUrl}),
            "--pid takes one process, and '34' is another; pidof -s finds one" + see);
}

TEST(LoadOptions, ErrorsNameTheFlag) {
  const auto says = [](std::vector<const char*> arguments, const char* expected) {
    arguments.push_back(kUrl);
    const std::string line = mistake(arguments);
    EXPECT_NE(line.find(expected), std::string::npos) << line;
  };
  says({"--viewers", "0"}, "--viewers '0'");
  says({"--duration", "0"}, "--duration '0'");
  says({"--ramp", "soon"}, "--ramp 'soon'");
  says({"--cpus", "3-1"}, "--cpus '1'");
  says({"--cpus", "x"}, "--cpus 'x'");
  says({"--slow", "101%"}, "--slow '101'");
  says({"--slow-rate", "0"}, "--slow-rate '0'");
  says({"--receive-buffer", "4G"}, "--receive-buffer '4G'");
  says({"--check-every", "0"}, "--check-every '0'");
  says({"--header", "no colon"}, "--header 'no colon'");
  says({"--header", "A: b\r\nC: d"}, "--header");
  says({"--slow", "60%", "--stalled", "41"}, "101 viewers together");
  says({"--no-such-flag"}, "--no-such-flag");
  EXPECT_NE(mistake({}).find("URL"), std::string::npos);
  EXPECT_NE(mistake({"ftp://x/"}).find("'ftp://x/'"), std::string::npos);
}

TEST(LoadOptions, CpuListsHaveTasksetsSyntax) {
  EXPECT_EQ(parse_cpu_list("1"), (std::vector<int>{1}));
  EXPECT_EQ(parse_cpu_list("3,1"), (std::vector<int>{3, 1}));
  EXPECT_EQ(parse_cpu_list("0-6:2,9"), (std::vector<int>{0, 2, 4, 6, 9}));
  for (const char* text : {"", ",", "1,", "-1", "1-", "0-3:0", "4096"}) {
    EXPECT_THROW(parse_cpu_list(text), std::invalid_argument) << text;
  }
}

TEST(LoadOptions, AmountsAreRoundedToTheNearest) {
  EXPECT_EQ(parse_amount("7").of(3), 7u);
  EXPECT_EQ(parse_amount("10%").of(1000), 100u);
  EXPECT_EQ(parse_amount("0.5%").of(300), 2u);
  EXPECT_EQ(parse_amount("33%").of(10), 3u);
  for (const char* text : {"", "%", "-1", "1.5", "x%"}) {
    EXPECT_THROW(parse_amount(text), std::invalid_argument) << text;
  }
}

TEST(LoadOptions, KindsDependOnlyOnTheSeed) {
  LoadOptions options =
      parse({"--slow", "20", "--stalled", "10", "--resetting", "5", "--vanishing", "1", kUrl})
          .value();
  const std::vector<ViewerKind> kinds = assign_kinds(options);
  ASSERT_EQ(kinds.size(), 100u);
  const auto count = [&kinds](ViewerKind kind) {
    return std::count(kinds.begin(), kinds.end(), kind);
  };
  EXPECT_EQ(count(ViewerKind::slow), 20);
  EXPECT_EQ(count(ViewerKind::stalled), 10);
  EXPECT_EQ(count(ViewerKind::resetting), 5);
  EXPECT_EQ(count(ViewerKind::vanishing), 1);
  EXPECT_EQ(count(ViewerKind::fast), 64);
  EXPECT_EQ(assign_kinds(options), kinds);
  options.seed = 2;
  EXPECT_NE(assign_kinds(options), kinds);
}

}  // namespace
}  // namespace fanlight
