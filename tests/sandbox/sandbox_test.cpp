// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "sandbox/landlock.h"
#include "sandbox/system_calls.h"
#include "tests/sandbox/confined_child.h"

namespace fanlight {
namespace {

constexpr int kSetUpRing = 425;  // io_uring_setup(2)

class SandboxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (landlock_version() < 0) GTEST_SKIP() << "this kernel has no Landlock, or it is turned off";
    if (seccomp_error() != 0) GTEST_SKIP() << "this kernel has no seccomp, or it is forbidden";
    files_.read(folder_.folder("in"));
    outside_ = folder_.file("outside");
  }

  Folder folder_;
  SandboxFiles files_;
  std::string outside_;
};

TEST_F(SandboxTest, ConfinesFilesAndCallsInAllThreadsThatFollow) {
  EXPECT_EQ(in_child([&] {
              Sandbox sandbox(SandboxMode::on, files_);
              if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 1;
              if (::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2) return 2;
              if (try_open(folder_.path("in"), O_RDONLY) != 0) return 3;
              int opened = 0;
              int forked = 0;
              std::thread([&] {
                opened = try_open(outside_, O_RDONLY);
                forked = error_of(::fork());
              }).join();
              if (opened != EACCES || forked != EPERM) return 4;
              sandbox.complete();
              return error_of(::syscall(kSetUpRing, 1, nullptr)) == EPERM ? 0 : 5;
            }),
            0);
}

TEST_F(SandboxTest, StatesWhatIsConfined) {
  const std::string version = std::to_string(landlock_version());
  EXPECT_EQ(in_child([&] {
              const Sandbox sandbox(SandboxMode::on, files_);
              const bool starts =
                  sandbox.text().starts_with("files and ports (Landlock " + version);
              return starts && sandbox.text().ends_with("), system calls (seccomp)") ? 0 : 1;
            }),
            0);
}

TEST_F(SandboxTest, OffConfinesNothing) {
  Sandbox sandbox(SandboxMode::off, files_);
  sandbox.complete();
  EXPECT_EQ(sandbox.text(), "off");
  EXPECT_TRUE(sandbox.can_read(outside_));
  EXPECT_EQ(try_open(outside_, O_RDONLY), 0);
}

TEST_F(SandboxTest, AutomaticIsOffWithASanitizer) {
  EXPECT_EQ(in_child([&] {
              const Sandbox sandbox(SandboxMode::automatic, files_);
              const bool is_off = sandbox.text().starts_with("off");
              return is_off == has_sanitizer() ? try_open(outside_, O_RDONLY) : -1;
            }),
            has_sanitizer() ? 0 : EACCES);
}

TEST_F(SandboxTest, AnswersWhatCanBeRead) {
  EXPECT_EQ(in_child([&] {
              const Sandbox sandbox(SandboxMode::on, files_);
              return sandbox.can_read(folder_.path("in/a")) && !sandbox.can_read(outside_) ? 0 : 1;
            }),
            0);
}

// As in a container whose engine forbids the calls: its filter answers EPERM.
TEST_F(SandboxTest, WithoutLandlockAutomaticConfinesCallsAndOnRefuses) {
  EXPECT_EQ(in_child([&] {
              set_no_new_privileges();
              confine_system_calls();  // which Landlock's calls are not part of
              if (landlock_version() != -EPERM) return 1;
              const Sandbox sandbox(SandboxMode::automatic, files_);
              if (has_sanitizer()) return 0;
              const std::string expected =
                  "files are not confined: Landlock: Operation not permitted, system calls "
                  "(seccomp)";
              return sandbox.text() == expected && sandbox.can_read(outside_) ? 0 : 2;
            }),
            0);
  EXPECT_EQ(in_child([&] {
              set_no_new_privileges();
              confine_system_calls();
              const Sandbox sandbox(SandboxMode::on, files_);
              return 0;
            }),
            kThrew);
}

}  // namespace
}  // namespace fanlight
