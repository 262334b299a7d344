// SPDX-License-Identifier: Apache-2.0
// FakeSystem: a /dev, a /sys and a /proc in a temporary directory.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "capture/v4l2/system_files.h"

namespace fanlight {

// Owns: the directory, which it removes at the end.
class FakeSystem {
 public:
  FakeSystem() {
    std::string name = testing::TempDir() + "fanlight-system-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    // without symbolic links, like the names in /proc
    root_ = std::filesystem::canonical(name);
    for (const char* part : {"dev", "sys", "proc"}) std::filesystem::create_directory(root_ / part);
  }
  FakeSystem(const FakeSystem&) = delete;
  FakeSystem& operator=(const FakeSystem&) = delete;
  ~FakeSystem() { std::filesystem::remove_all(root_); }

  SystemRoots roots() const { return {root_ / "dev", root_ / "sys", root_ / "proc"}; }
  std::string dev(std::string_view name) const { return root_ / "dev" / name; }

  void write(const std::filesystem::path& file, std::string_view text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  void link(const std::filesystem::path& name, const std::filesystem::path& target) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::filesystem::create_symlink(target, root_ / name);
  }
  void remove(const std::filesystem::path& name) { std::filesystem::remove_all(root_ / name); }

  // A node that is one of the functions of a USB device, plugged in at `port`, such as "1-2". An
  // empty serial number means none.
  std::string add_usb_node(const std::string& node, const std::string& port,
                           const std::string& serial, int index = 0) {
    const std::filesystem::path device = "sys/devices/usb1/" + port;
    write(device / "idVendor", "046d\n");
    write(device / "idProduct", "0825\n");
    if (!serial.empty()) write(device / "serial", serial + "\n");
    const std::filesystem::path interface = device / (port + ":1.0");
    write(interface / "video4linux" / node / "index", std::to_string(index) + "\n");
    link(interface / "video4linux" / node / "device", root_ / interface);
    link("sys/class/video4linux/" + node, root_ / interface / "video4linux" / node);
    write("dev/" + node, "");
    return dev(node);
  }

  // The process `pid` has `path` open as its descriptor `fd`.
  void add_open_file(int pid, const std::string& name, int fd, const std::string& path) {
    const std::string process = "proc/" + std::to_string(pid);
    write(process + "/comm", name + "\n");
    link(process + "/fd/" + std::to_string(fd), path);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace fanlight
