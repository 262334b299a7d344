// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "core/fd.h"

namespace fanlight {
namespace {

// Redirects standard error into a pipe during its lifetime. The pipe must have room for everything
// that a test prints.
class CapturedStandardError {
 public:
  CapturedStandardError() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    read_end_ = Fd(ends[0]);
    const Fd write_end(ends[1]);
    saved_ = Fd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    ::dup2(write_end.get(), STDERR_FILENO);
  }
  ~CapturedStandardError() {
    if (saved_) restore();
  }
  std::string take() {
    restore();
    std::string text(1 << 16, '\0');
    const ssize_t size = ::read(read_end_.get(), text.data(), text.size());
    text.resize(size > 0 ? size_t(size) : 0);
    return text;
  }

 private:
  void restore() {
    ::dup2(saved_.get(), STDERR_FILENO);
    saved_.reset();
  }
  Fd read_end_;
  Fd saved_;
};

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { set_log_level(LogLevel::info); }
};

TEST_F(LogTest, WritesOneLineWithoutTimestampOrLevel) {
  CapturedStandardError captured;
  log_info("listening on http://{}:{}/", "127.0.0.1", 5000);
  EXPECT_EQ(captured.take(), "listening on http://127.0.0.1:5000/\n");
}

TEST_F(LogTest, FiltersByLevel) {
  CapturedStandardError captured;
  log_debug("{}", 1);
  log_warning("{}", 2);
  set_log_level(LogLevel::error);
  log_warning("{}", 3);
  log_error("{}", 4);
  set_log_level(LogLevel::debug);
  log_debug("{}", 5);
  EXPECT_EQ(captured.take(), "2\n4\n5\n");
}

TEST_F(LogTest, EnabledMatchesWhatIsPrinted) {
  EXPECT_TRUE(log_enabled(LogLevel::error));
  EXPECT_TRUE(log_enabled(LogLevel::info));
  EXPECT_FALSE(log_enabled(LogLevel::debug));
  set_log_level(LogLevel::debug);
  EXPECT_TRUE(log_enabled(LogLevel::debug));
}

TEST_F(LogTest, TruncatesLongLinesAt511BytesWithALineEnd) {
  CapturedStandardError captured;
  log_info("{}", std::string(2000, 'x'));
  EXPECT_EQ(captured.take(), std::string(511, 'x') + "\n");
}

TEST_F(LogTest, TruncatesBetweenCharacters) {
  CapturedStandardError captured;
  std::string text = "x";
  while (text.size() < 2000) text += "é";
  log_info("{}", text);
  EXPECT_EQ(captured.take(), text.substr(0, 511) + "\n");
  static_assert(511 % 2 == 1);
}

TEST_F(LogTest, ForeignTextNeitherBreaksTheLineNorReachesTheTerminal) {
  CapturedStandardError captured;
  log_info("skipped {}: {}", "a\r\n<3>all is well.jpg", "\x1b]0;mine\x07\xff\u202e");
  EXPECT_EQ(captured.take(), "skipped a  <3>all is well.jpg: \uFFFD]0;mine\uFFFD\uFFFD\uFFFD\n");
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
  CapturedStandardError captured;
  std::vector<std::thread> threads;
  for (char letter = 'a'; letter < 'd'; ++letter) {
    threads.emplace_back([letter] {
      for (int i = 0; i < 100; ++i) log_info("{}", std::string(60, letter));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = captured.take();
  ASSERT_EQ(text.size(), 300u * 61);
  for (size_t line = 0; line < 300; ++line) {
    const std::string_view one = std::string_view(text).substr(line * 61, 61);
    ASSERT_EQ(one, std::string(60, one[0]) + "\n");
  }
}

TEST_F(LogTest, ClosedStandardErrorIsIgnored) {
  CapturedStandardError captured;
  ::close(STDERR_FILENO);
  log_error("nobody hears this");
  EXPECT_EQ(captured.take(), "");
}

// The environment is read once per process, so this needs a separate one.
TEST(LogDeathTest, LinesBeginWithTheirPriorityUnderTheJournal) {
  const auto print_under_journal = [] {
    ::setenv("JOURNAL_STREAM", "8:1", 1);
    log_error("camera lost");
    log_info("camera back");
    std::_Exit(0);
  };
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(print_under_journal(), testing::ExitedWithCode(0),
              "<3>camera lost\n<6>camera back\n");
}

// tests/smoke/terminal_test.py tests the output on a terminal.
TEST_F(LogTest, TimestampsAppearOnlyOnTerminals) {
  CapturedStandardError captured;
  show_log_times();
  log_warning("camera lost");
  EXPECT_EQ(captured.take(), "camera lost\n");
}

TEST(LogGate, OpensOnceAMinute) {
  LogGate gate;
  const Instant start(1h);
  EXPECT_TRUE(gate.open(start));
  EXPECT_FALSE(gate.open(start));
  EXPECT_FALSE(gate.open(start + 59s));
  EXPECT_TRUE(gate.open(start + 60s));
  EXPECT_FALSE(gate.open(start + 61s));
  EXPECT_EQ(gate.take_suppressed(), 3u);
  EXPECT_EQ(gate.take_suppressed(), 0u);
}

TEST_F(LogTest, GatedLineStatesHowManyWereSuppressed) {
  CapturedStandardError captured;
  LogGate gate;
  for (int i = 0; i < 5; ++i) log_gated(gate, Instant(1h), LogLevel::warning, "refused {}", i);
  log_gated(gate, Instant(2h), LogLevel::debug, "not looked at");
  log_gated(gate, Instant(2h), LogLevel::warning, "refused again");
  log_gated(gate, Instant(3h), LogLevel::warning, "{}", std::string(2000, 'x'));
  EXPECT_EQ(captured.take(), "refused 0\nrefused again (4 more since the last such line)\n" +
                                 std::string(kLogLineMax - 64, 'x') + "\n");
}

}  // namespace
}  // namespace fanlight
