// SPDX-License-Identifier: Apache-2.0
#include "io/choose_backend.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "io/uring_backend.h"
#include "tests/io/child_process.h"

namespace fanlight {
namespace {

bool uring_works() {
  return probe_uring().error == 0;
}

// Expects epoll with this reason, and an exception if io_uring is required.
void expect_no_uring(int error, const std::string& reason) {
  const BackendChoice choice = choose_backend(BackendKind::automatic);
  EXPECT_EQ(choice.kind, BackendKind::epoll);
  EXPECT_EQ(choice.reason, "epoll: " + reason);
  EXPECT_STREQ(make_backend(BackendKind::automatic, 10)->name(), "epoll");
  try {
    choose_backend(BackendKind::uring);
    ADD_FAILURE() << "expected an exception";
  } catch (const std::system_error& thrown) {
    EXPECT_EQ(thrown.code().value(), error);
    const std::string first_words = reason.substr(0, reason.find(" ("));
    EXPECT_EQ(std::string(thrown.what()).find(first_words), 0u) << thrown.what();
  }
}

TEST(ChooseBackendTest, PrefersUring) {
  if (!uring_works()) GTEST_SKIP() << "io_uring is forbidden here";
  for (const BackendKind wanted : {BackendKind::automatic, BackendKind::uring}) {
    const BackendChoice choice = choose_backend(wanted);
    EXPECT_EQ(choice.kind, BackendKind::uring);
    EXPECT_EQ(choice.reason.find("io_uring ("), 0u) << choice.reason;
    EXPECT_STREQ(make_backend(wanted, 10)->name(), "io_uring");
  }
}

TEST(ChooseBackendTest, UsesEpollOnRequest) {
  const BackendChoice choice = choose_backend(BackendKind::epoll);
  EXPECT_EQ(choice.kind, BackendKind::epoll);
  EXPECT_EQ(choice.reason, "epoll, as requested");
  EXPECT_STREQ(make_backend(BackendKind::epoll, 10)->name(), "epoll");
}

// Docker's default profile, and /proc/sys/kernel/io_uring_disabled = 2.
TEST(ChooseBackendTest, FallsBackIfUringIsNotPermitted) {
  in_child([] {
    ASSERT_TRUE(forbid({__NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register}, EPERM));
    expect_no_uring(EPERM, "io_uring is not permitted here (Operation not permitted)");
  });
}

// A kernel built without io_uring, or gVisor.
TEST(ChooseBackendTest, FallsBackIfUringDoesNotExist) {
  in_child([] {
    ASSERT_TRUE(forbid({__NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register}, ENOSYS));
    expect_no_uring(ENOSYS, "this kernel has no io_uring (Function not implemented)");
  });
}

// A filter that forbids only some of the calls must not crash the server later.
TEST(ChooseBackendTest, FallsBackIfOneCallIsForbidden) {
  if (!uring_works()) GTEST_SKIP() << "io_uring is forbidden here";
  for (const unsigned call : {unsigned{__NR_io_uring_enter}, unsigned{__NR_io_uring_register}}) {
    in_child([call] {
      ASSERT_TRUE(forbid({call}, EPERM));
      expect_no_uring(EPERM, "io_uring is not permitted here (Operation not permitted)");
    });
  }
}

}  // namespace
}  // namespace fanlight
