// SPDX-License-Identifier: Apache-2.0
#include "capture/source/names_in.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "tests/capture/source/test_folder.h"
#include "tests/sim/allocation_guard.h"

namespace fanlight {
namespace {

TEST(NamesIn, ListsFilesAndFoldersOnce) {
  TestFolder folder;
  folder.write("a", "1");
  folder.write(".hidden", "1");
  ASSERT_EQ(::mkdir(folder.file("within").c_str(), 0700), 0);
  std::error_code error;
  std::vector<std::string> names = names_in(folder.path(), error);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{".hidden", "a", "within"}));
  EXPECT_FALSE(error);
}

TEST(NamesIn, ARelativePathBeginsAtTheDescriptor) {
  TestFolder folder;
  folder.write("a", "1");
  const Fd opened(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::error_code error;
  EXPECT_EQ(names_in(opened.get(), ".", error), (std::vector<std::string>{"a"}));
  EXPECT_EQ(names_in(opened.get(), ".", error), (std::vector<std::string>{"a"})) << "once more";
}

TEST(NamesIn, TellsWhyThereIsNothing) {
  TestFolder folder;
  folder.write("a", "1");
  std::error_code error;
  EXPECT_TRUE(names_in(folder.file("missing"), error).empty());
  EXPECT_EQ(error, std::errc::no_such_file_or_directory);
  EXPECT_TRUE(names_in(folder.file("a"), error).empty());
  EXPECT_EQ(error, std::errc::not_a_directory);
  EXPECT_EQ(names_in(folder.path(), error).size(), 1u);
  EXPECT_FALSE(error) << "no longer";
}

TEST(NamesIn, ThrowsWhereMemoryIsShort) {
  TestFolder folder;
  for (const char* name : {"one", "two", "a name that is too long for a short string"}) {
    folder.write(name, "1");
  }
  const int allocations = fail_each_allocation([&folder] {
    std::error_code error;
    names_in(folder.path(), error);
  });
  EXPECT_GT(allocations, 1);
}

}  // namespace
}  // namespace fanlight
