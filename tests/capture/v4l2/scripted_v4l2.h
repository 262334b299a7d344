// SPDX-License-Identifier: Apache-2.0
// ScriptedV4l2: a V4l2Io in which every ioctl is a function of the test.
#pragma once

#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "capture/v4l2/v4l2_io.h"

namespace fanlight {

// Owns: the functions of the test. A request without a function returns -ENOTTY, like a driver that
//   does not know it. Open devices are counted; their descriptors are real (poll(2) accepts them)
//   but do nothing.
// Thread: the test's.
class ScriptedV4l2 final : public V4l2Io {
 public:
  // Sets the handler of `request` on the device with this path: it returns 0 or -errno. T is the
  // request's argument.
  template <class T>
  void on(const std::string& path, unsigned long request, std::function<int(T&)> act) {
    devices_[path][request] = [act = std::move(act)](void* argument) {
      return act(*static_cast<T*>(argument));
    };
  }

  // The same for a request that always fails.
  void fail(const std::string& path, unsigned long request, int error) {
    devices_[path][request] = [error](void*) { return -error; };
  }

  // Makes open() of this path fail.
  void refuse(const std::string& path, int error) { refused_[path] = error; }
  void allow(const std::string& path) { refused_.erase(path); }
  void remove(const std::string& path) { devices_.erase(path); }

  // Adds a device that answers QUERYCAP.
  void add(const std::string& path, const std::string& card, const std::string& bus,
           uint32_t capabilities = V4L2_CAP_VIDEO_CAPTURE) {
    on<v4l2_capability>(path, VIDIOC_QUERYCAP, [=](v4l2_capability& capability) {
      capability = {};
      copy(card, capability.card);
      copy(bus, capability.bus_info);
      capability.capabilities = capabilities | V4L2_CAP_DEVICE_CAPS;
      capability.device_caps = capabilities;
      return 0;
    });
  }

  // Copies into a text field of the kernel's, without a terminating zero if the field is full.
  template <class Field>
  static void copy(const std::string& text, Field& field) {
    std::memset(field, 0, sizeof(field));
    std::memcpy(field, text.data(), std::min(text.size(), sizeof(field)));
  }

  int open(const std::string& path, V4l2Conversion) noexcept override {
    if (refused_.contains(path)) return -refused_[path];
    if (!devices_.contains(path)) return -ENOENT;
    const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) return -errno;
    open_[fd] = path;
    opened_.push_back(path);
    return fd;
  }
  void close(int fd) noexcept override {
    open_.erase(fd);
    ::close(fd);
  }
  int ioctl(int fd, unsigned long request, void* argument) noexcept override {
    const auto path = open_.find(fd);
    if (path == open_.end()) return -EBADF;
    const auto device = devices_.find(path->second);
    if (device == devices_.end()) return -ENODEV;
    requests_.push_back(request);
    const auto act = device->second.find(request);
    return act == device->second.end() ? -ENOTTY : act->second(argument);
  }
  void* map(int, size_t length, uint32_t) noexcept override {
    void* address =
        ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) return nullptr;
    mapped_ += length;
    return address;
  }
  void unmap(void* address, size_t length) noexcept override {
    mapped_ -= length;
    ::munmap(address, length);
  }

  size_t open_count() const { return open_.size(); }
  size_t mapped_bytes() const { return mapped_; }
  const std::vector<std::string>& opened() const { return opened_; }
  bool was_requested(unsigned long request) const {
    return std::ranges::find(requests_, request) != requests_.end();
  }

 private:
  std::map<std::string, std::map<unsigned long, std::function<int(void*)>>> devices_;
  std::map<std::string, int> refused_;
  std::map<int, std::string> open_;
  std::vector<std::string> opened_;
  std::vector<unsigned long> requests_;
  size_t mapped_ = 0;
};

}  // namespace fanlight
