// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/answer_problem.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace fanlight {
namespace {

TEST(AnswerProblem, SomeStatusesAreNone) {
  for (const long status : {0, 101, 200, 206}) EXPECT_FALSE(find_problem(status, "text")) << status;
}

TEST(AnswerProblem, OthersHaveAnErrnoAndWords) {
  EXPECT_EQ(find_problem(401, "")->error, EACCES);
  EXPECT_EQ(find_problem(403, "")->error, EACCES);
  EXPECT_EQ(find_problem(404, "")->error, ENOENT);
  EXPECT_EQ(find_problem(503, "")->error, EAGAIN);
  EXPECT_EQ(find_problem(418, "")->error, EPROTO);
  EXPECT_EQ(find_problem(404, "")->words, "nothing at this path (404)");
  EXPECT_EQ(find_problem(418, "<p>I am a teapot")->words,
            "it answers with status 418; it says 'I am a teapot'");
}

TEST(AnswerProblem, SomePassByThemselves) {
  for (const long status : {429, 500, 502, 503, 504, 520}) EXPECT_TRUE(is_transient(status));
  for (const long status : {0, 101, 200, 400, 404, 426, 501, 505}) {
    EXPECT_FALSE(is_transient(status)) << status;
  }
}

TEST(AnswerProblem, OnlyTextSaysSomething) {
  EXPECT_EQ(said_in("hello"), "; it says 'hello'");
  EXPECT_EQ(said_in("\xff\xd8\x01"), "");
  EXPECT_EQ(said_in(""), "");
}

}  // namespace
}  // namespace fanlight
