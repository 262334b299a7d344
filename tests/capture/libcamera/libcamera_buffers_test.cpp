// SPDX-License-Identifier: Apache-2.0
#include "capture/libcamera/libcamera_buffers.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <system_error>
#include <vector>

namespace fanlight {
namespace {

using Plane = libcamera::FrameBuffer::Plane;

// A memfd whose byte n is n / 256.
libcamera::SharedFD file_of(size_t size) {
  const int fd = ::memfd_create("buffer", MFD_CLOEXEC);
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i / 256);
  EXPECT_EQ(::write(fd, bytes.data(), size), static_cast<ssize_t>(size));
  libcamera::SharedFD shared(fd);  // a duplicate
  ::close(fd);
  return shared;
}

Plane plane_of(const libcamera::SharedFD& file, unsigned offset, unsigned length) {
  Plane plane;
  plane.fd = file;
  plane.offset = offset;
  plane.length = length;
  return plane;
}

int error_of(const std::vector<Plane>& planes) {
  const libcamera::FrameBuffer buffer(planes);
  try {
    const MappedBuffer mapped(buffer);
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

TEST(LibcameraBuffers, MapsPlanesInOneFileOrSeveral) {
  const libcamera::SharedFD one = file_of(16384);
  const libcamera::SharedFD two = file_of(4096);
  const std::vector<Plane> planes{plane_of(one, 0, 8192), plane_of(one, 9000, 7000),
                                  plane_of(two, 512, 100)};
  const libcamera::FrameBuffer buffer(planes);
  MappedBuffer moved(buffer);
  MappedBuffer mapped(std::move(moved));
  mapped.begin_read();
  ASSERT_EQ(mapped.planes().size(), 3u);
  EXPECT_EQ(mapped.planes()[0].size(), 8192u);
  EXPECT_EQ(mapped.planes()[0][8191], 31);
  EXPECT_EQ(mapped.planes()[1].size(), 7000u);
  EXPECT_EQ(mapped.planes()[1][0], 9000 / 256);
  EXPECT_EQ(mapped.planes()[1].data() - mapped.planes()[0].data(), 9000) << "mapped once";
  EXPECT_EQ(mapped.planes()[2][0], 2);
  mapped.end_read();
}

TEST(LibcameraBuffers, RefusesPlanesOutsideTheFile) {
  const libcamera::SharedFD file = file_of(4096);
  EXPECT_EQ(error_of({plane_of(file, 0, 4096)}), 0);
  EXPECT_EQ(error_of({plane_of(file, 0, 4097)}), EPROTO);
  EXPECT_EQ(error_of({plane_of(file, 4096, 1)}), EPROTO);
  EXPECT_EQ(error_of({plane_of(file, 0xfffffff0, 0xfffffff0)}), EPROTO);
  EXPECT_EQ(error_of({plane_of(file, 0, 0)}), EPROTO);
}

TEST(LibcameraBuffers, ThrowsWhenMappingFails) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const libcamera::SharedFD pipe(ends[0]);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_EQ(error_of({plane_of(pipe, 0, 4096)}), ENODEV);
}

}  // namespace
}  // namespace fanlight
