// SPDX-License-Identifier: Apache-2.0
#include "http/answer/stream_parameters.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

TEST(StreamParameters, TakesWhatIsWellFormed) {
  StreamParameters parameters;
  EXPECT_EQ(parse_parameters("fps=0.5&frames=3&advance_headers=1&max_delay=0&dual_final_frames=yes&"
                             "extra_headers=true&zero_data=0&key=a.b-c_1",
                             parameters),
            "");
  EXPECT_DOUBLE_EQ(parameters.fps, 0.5);
  EXPECT_EQ(parameters.frames, 3u);
  EXPECT_EQ(parameters.advance_headers, 1);
  EXPECT_EQ(parameters.max_delay_ms, 0);
  EXPECT_TRUE(parameters.dual_final_frames);
  EXPECT_TRUE(parameters.ustreamer.extra_headers);
  EXPECT_FALSE(parameters.ustreamer.zero_data);
  EXPECT_EQ(parameters.ustreamer.key, "a.b-c_1");
}

TEST(StreamParameters, MomentsAreSecondsBeforeNow) {
  for (const auto& [text, wanted] : {std::pair("-2.5s", Duration(2500ms)),
                                     {"-2.5", 2500ms},
                                     {"0s", 0ms},
                                     {"0", 0ms},
                                     {"-0", 0ms},
                                     {"-10s", 10s},
                                     {"-1000000s", 1'000'000s}}) {
    StreamParameters parameters;
    const std::string moment(text);
    EXPECT_EQ(parse_parameters("at=" + moment + "&from=" + moment + "&to=" + moment, parameters),
              "");
    EXPECT_EQ(parameters.at, wanted) << text;
    EXPECT_EQ(parameters.from, wanted) << text;
    EXPECT_EQ(parameters.to, wanted) << text;
  }
  StreamParameters none;
  EXPECT_EQ(parse_parameters("fps=1", none), "");
  EXPECT_FALSE(none.at || none.from || none.to);
}

// As large as another process accepts them.
TEST(StreamParameters, WhatNobodyWaitsForIsBounded) {
  StreamParameters parameters;
  EXPECT_EQ(parse_parameters("fps=1e-300&frames=18446744073709551615", parameters), "");
  EXPECT_EQ(parameters.interval(), 24h * 365);
  EXPECT_EQ(parameters.frames, uint64_t{1} << 53);
  parameters.fps = 4;
  EXPECT_EQ(parameters.interval(), 250ms);
  parameters.fps = 0;
  EXPECT_EQ(parameters.interval(), Duration(0));
}

// Dashboards add unknown parameters to defeat caches, some of them more than once.
TEST(StreamParameters, IgnoresWhatNobodyKnows) {
  for (const char* query : {"", "&", "&&", "=", "1700000000", "what=ever&what=ever", "FPS=x",
                            "fpss=x", "xfps=x", "=fps"}) {
    StreamParameters parameters;
    EXPECT_EQ(parse_parameters(query, parameters), "") << query;
    EXPECT_EQ(parameters.fps, 0);
  }
}

TEST(StreamParameters, NamesWhatIsMalformed) {
  const std::string huge = "key=" + std::string(65, 'x');
  for (const std::string_view query : {"fps",
                                       "fps=",
                                       "fps=0",
                                       "fps=-1",
                                       "fps=x",
                                       "fps=1e9",
                                       "fps=nan",
                                       "fps=inf",
                                       "fps=5x",
                                       "at=1s",
                                       "at=nan",
                                       "at=s",
                                       "at=-1e9",
                                       "from=-1m",
                                       "from=",
                                       "to=-inf",
                                       "to=now",
                                       "frames=0",
                                       "frames=-1",
                                       "frames=1.5",
                                       "frames=",
                                       "frames=99999999999999999999",
                                       "advance_headers=2",
                                       "advance_headers=",
                                       "max_delay=-1",
                                       "max_delay=1s",
                                       "max_delay=9999999999",
                                       "dual_final_frames=2",
                                       "extra_headers=on",
                                       "zero_data=",
                                       "key=<script>",
                                       huge.c_str()}) {
    StreamParameters parameters;
    const std::string name(query.substr(0, query.find('=')));
    EXPECT_TRUE(parse_parameters(query, parameters).starts_with(name + ": ")) << query;
  }
}

TEST(StreamParameters, NamesWhatIsGivenTwice) {
  for (const std::string name :
       {"action", "advance_headers", "cameras", "dual_final_frames", "extra_headers", "fps",
        "frames", "key", "max_delay", "zero_data"}) {
    const std::string pair = name + "=1";
    StreamParameters parameters;
    EXPECT_EQ(parse_parameters(pair, parameters), "");
    const std::string_view wrong = parse_parameters(pair + "&x=1&" + pair, parameters);
    EXPECT_TRUE(wrong.starts_with(name + ": ")) << wrong;
    EXPECT_TRUE(wrong.ends_with("once")) << wrong;
  }
}

}  // namespace
}  // namespace fanlight
