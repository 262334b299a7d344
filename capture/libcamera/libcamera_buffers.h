// SPDX-License-Identifier: Apache-2.0
// A libcamera buffer, mapped so that the processor can read it.
#pragma once

#include <libcamera/framebuffer.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace fanlight {

// Owns: mappings of the buffer's planes. The buffer must outlive it.
// Thread: the camera's.
class MappedBuffer {
 public:
  // Throws std::system_error: mmap(2)'s errors, or EPROTO when a plane extends beyond its file.
  explicit MappedBuffer(const libcamera::FrameBuffer& buffer) {
    // Planes may share a file, which is then mapped once, up to the end of the last of them.
    for (const auto& plane : buffer.planes()) {
      Mapping& mapping = mapping_of(plane.fd.get());
      mapping.length = std::max(mapping.length, uint64_t{plane.offset} + plane.length);
    }
    for (Mapping& mapping : mappings_) map(mapping);
    for (const auto& plane : buffer.planes()) {
      const auto* start = static_cast<const uint8_t*>(mapping_of(plane.fd.get()).address);
      planes_.emplace_back(start + plane.offset, plane.length);
    }
  }
  MappedBuffer(MappedBuffer&& other) noexcept = default;
  MappedBuffer& operator=(MappedBuffer&&) = delete;

  // One for each of the buffer's planes; read them between begin_read() and end_read().
  std::span<const std::span<const uint8_t>> planes() const { return planes_; }

  // The device's writes bypass the processor's caches (Linux: dma-buf, "CPU Access to DMA Buffer
  // Objects").
  void begin_read() noexcept { synchronize(DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ); }
  void end_read() noexcept { synchronize(DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ); }

 private:
  struct Mapping {
    explicit Mapping(int file) : fd(file) {}
    Mapping(Mapping&& other) noexcept
        : fd(other.fd), length(other.length), address(std::exchange(other.address, nullptr)) {}
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping() {
      if (address != nullptr) ::munmap(address, static_cast<size_t>(length));
    }

    int fd;
    uint64_t length = 0;
    void* address = nullptr;
  };

  Mapping& mapping_of(int fd) {
    for (Mapping& mapping : mappings_) {
      if (mapping.fd == fd) return mapping;
    }
    return mappings_.emplace_back(fd);
  }

  static void map(Mapping& mapping) {
    // Reading past the end of the file would raise SIGBUS. DMA buffers report their size this way.
    const off_t size = ::lseek(mapping.fd, 0, SEEK_END);
    if (mapping.length == 0 || (size >= 0 && static_cast<uint64_t>(size) < mapping.length)) {
      throw std::system_error(EPROTO, std::system_category(),
                              "a buffer without room for a picture");
    }
    void* address =
        ::mmap(nullptr, static_cast<size_t>(mapping.length), PROT_READ, MAP_SHARED, mapping.fd, 0);
    if (address == MAP_FAILED) {
      throw std::system_error(errno, std::system_category(), "mapping a buffer");
    }
    mapping.address = address;
  }

  // Memory that is not a DMA buffer (ENOTTY) needs no synchronization.
  void synchronize(uint64_t flags) noexcept {
    for (const Mapping& mapping : mappings_) {
      dma_buf_sync sync{flags};
      int result = 0;
      do {
        result = ::ioctl(mapping.fd, DMA_BUF_IOCTL_SYNC, &sync);
      } while (result < 0 && (errno == EINTR || errno == EAGAIN));
    }
  }

  std::vector<Mapping> mappings_;
  std::vector<std::span<const uint8_t>> planes_;
};

}  // namespace fanlight
