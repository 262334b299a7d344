// SPDX-License-Identifier: Apache-2.0
// Checks that TurboJPEG encodes with the processor's SIMD instructions (SSE2, AVX2, NEON). The run
// time would show it, but no test here depends on run times, so it counts the instructions one by
// one.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

namespace fanlight {
namespace {

constexpr char kProgram[] = FANLIGHT_ENCODE_ONCE;

// Owns: a program that can be stopped at every instruction (ptrace(2)).
class Traced {
 public:
  explicit Traced(bool simd) : pid_(::fork()) {
    if (pid_ > 0) return;
    if (!simd) ::setenv("JSIMD_FORCENONE", "1", 1);  // libjpeg-turbo's own switch
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) {
      ::execl(kProgram, kProgram, static_cast<char*>(nullptr));
    }
    ::_exit(99);
  }
  Traced(const Traced&) = delete;
  ~Traced() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  // Runs it until it stops for `signal`. Returns the instructions until then, 0 if it ended.
  uint64_t run_until(int signal, __ptrace_request how) {
    for (uint64_t count = 1;; ++count) {
      if (::ptrace(how, pid_, nullptr, nullptr) != 0) return 0;
      const int stopped_for = wait();
      if (stopped_for == signal) return count;
      if (stopped_for != SIGTRAP) return 0;
    }
  }

  // The signal that stopped it; -1 if it has ended.
  int wait() {
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_ || !WIFSTOPPED(status)) return -1;
    return WSTOPSIG(status);
  }

 private:
  const pid_t pid_;
};

uint64_t instructions_of_one_picture(bool simd) {
  Traced program(simd);
  EXPECT_EQ(program.wait(), SIGTRAP) << "could not start the program";
  EXPECT_GT(program.run_until(SIGSTOP, PTRACE_CONT), 0u);
  return program.run_until(SIGSTOP, PTRACE_SINGLESTEP);
}

TEST(JpegSimd, SimdSavesAThirdOfTheInstructions) {
  const uint64_t with = instructions_of_one_picture(true);
  const uint64_t without = instructions_of_one_picture(false);
  RecordProperty("instructions", static_cast<int>(with));
  RecordProperty("instructions_without_simd", static_cast<int>(without));
  ASSERT_GT(with, 0u);
  EXPECT_LT(3 * with, 2 * without) << "libjpeg-turbo was built without SIMD, or does not use it";
}

}  // namespace
}  // namespace fanlight
