// SPDX-License-Identifier: Apache-2.0
// TestFolder: a folder for one test, and the changes that other programs make in it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "core/time.h"
#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

// Owns: the folder, which it removes at the end.
class TestFolder {
 public:
  TestFolder() {
    std::string name = testing::TempDir() + "fanlight-folder-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

  void write(const std::string& name, std::string_view text) { write(name, bytes_of(text)); }
  // Opens the file, truncates it, writes, and closes it.
  void write(const std::string& name, std::span<const std::byte> content) {
    std::ofstream file(path_ + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
  }
  // Both are names in the folder; "" is the folder itself, and "-x" a folder beside it.
  void rename(const std::string& from, const std::string& to) {
    const auto path_of = [&](const std::string& name) {
      return name.empty() || name.starts_with('-') ? path_ + name : file(name);
    };
    std::filesystem::rename(path_of(from), path_of(to));
  }
  void remove(const std::string& name) { std::filesystem::remove_all(file(name)); }
  // Sets the file's modification time; unlike write(), this raises no event that is reported.
  void set_time(const std::string& name, WallTime time) {
    const auto us = time.time_since_epoch().count();
    const timespec when{static_cast<time_t>(us / 1'000'000),
                        static_cast<long>(us % 1'000'000) * 1000};
    const timespec both[2] = {when, when};
    EXPECT_EQ(::utimensat(AT_FDCWD, file(name).c_str(), both, 0), 0);
  }
  // Written elsewhere, and moved here with its modification time, as rsync and many FTP servers do.
  void deliver(const std::string& name, std::span<const std::byte> content, WallTime time) {
    write(".delivery", content);
    set_time(".delivery", time);
    rename(".delivery", name);
  }

 private:
  std::string path_;
};

}  // namespace fanlight
