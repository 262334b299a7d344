// SPDX-License-Identifier: Apache-2.0
#include "core/shared_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "tests/io/child_process.h"

namespace fanlight {
namespace {

size_t page_size() {
  return static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

// The number of its pages that hold memory.
size_t resident_pages(const SharedMemory& memory) {
  std::vector<unsigned char> pages(memory.bytes().size() / page_size());
  EXPECT_EQ(::mincore(memory.bytes().data(), memory.bytes().size(), pages.data()), 0);
  size_t count = 0;
  for (const unsigned char page : pages) count += page & 1;
  return count;
}

// Writes to three of eight pages, and gives back two of them.
void expect_pages_come_and_go(SharedMemory& memory) {
  const size_t page = page_size();
  EXPECT_EQ(resident_pages(memory), 0u) << "touched lazily";
  const std::span<std::byte> bytes = memory.bytes();
  for (const size_t i : {2u, 3u, 5u}) bytes[i * page] = std::byte{7};
  EXPECT_EQ(resident_pages(memory), 3u);
  memory.give_back(3 * page, 3 * page);
  EXPECT_EQ(resident_pages(memory), 1u);
  EXPECT_EQ(bytes[2 * page], std::byte{7});
  EXPECT_EQ(bytes[3 * page], std::byte{0});
  EXPECT_EQ(bytes[5 * page], std::byte{0});
}

TEST(SharedMemoryTest, SharesItsBytesWithItsFile) {
  SharedMemory memory(8 * page_size());
  ASSERT_GE(memory.fd(), 0);
  ASSERT_EQ(memory.bytes().size(), 8 * page_size());
  struct stat status {};
  ASSERT_EQ(::fstat(memory.fd(), &status), 0);
  EXPECT_EQ(static_cast<size_t>(status.st_size), memory.bytes().size());
  memory.bytes()[page_size() + 1] = std::byte{42};
  std::byte read{};
  ASSERT_EQ(::pread(memory.fd(), &read, 1, static_cast<off_t>(page_size() + 1)), 1);
  EXPECT_EQ(read, std::byte{42});
}

TEST(SharedMemoryTest, PagesAreAllocatedAndReleased) {
  SharedMemory memory(8 * page_size());
  ASSERT_GE(memory.fd(), 0);
  expect_pages_come_and_go(memory);
}

TEST(SharedMemoryTest, IsAnonymousIfMemfdIsForbidden) {
  for (const unsigned call : {unsigned{__NR_memfd_create}, unsigned{__NR_fallocate}}) {
    in_child([call] {
      ASSERT_TRUE(forbid({call}, EPERM));
      SharedMemory memory(8 * page_size());
      EXPECT_EQ(memory.fd(), -1);
      expect_pages_come_and_go(memory);
    });
  }
}

TEST(SharedMemoryTest, FileSizeLimitDoesNotKillTheProcess) {
  in_child([] {
    const rlimit limit{4096, 4096};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    SharedMemory memory(8 * page_size());
    EXPECT_EQ(memory.fd(), -1);
    expect_pages_come_and_go(memory);
  });
}

TEST(SharedMemoryTest, ThrowsWhenAddressSpaceIsRefused) {
  EXPECT_THROW(SharedMemory(size_t{1} << 50), std::system_error);
}

TEST(SharedMemoryDeathTest, ReleasingBeyondTheEndAborts) {
  SharedMemory memory(2 * page_size());
  EXPECT_DEATH(memory.give_back(page_size(), 2 * page_size()), "bytes_");
}

}  // namespace
}  // namespace fanlight
