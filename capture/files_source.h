// SPDX-License-Identifier: Apache-2.0
// FilesSource: the JPEGs of a directory in turn, byte for byte.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/camera_clock.h"
#include "capture/pacer.h"
#include "capture/source.h"

namespace fanlight {

// Owns: the contents of the files, read by the constructor, so that no later change of the
//   directory disturbs anybody.
// Thread: see Source.
// Default: 10 pictures a second. Sizes may differ from picture to picture.
class FilesSource final : public Source {
 public:
  static constexpr size_t kBytesMax = 256 << 20;

  // Reads the files of `directory` in the order of their names' bytes. Hidden ones and what is not
  // a regular file are passed over; one that is not a whole JPEG or cannot be read is skipped with
  // a line in the log. Throws std::system_error: what opendir(3) says, ENOENT when no picture is
  // left, EFBIG when the pictures exceed `bytes_max`.
  FilesSource(std::string_view directory, const SourceOptions& options, CameraClock& clock,
              size_t bytes_max = kBytesMax);

  const SourceFormat& format() const override { return format_; }
  std::optional<Picture> next(Instant deadline) override;

 private:
  struct File {
    std::vector<std::byte> jpeg;
    int width;
    int height;
  };

  void load(int directory_fd, const std::string& name, size_t& bytes_left);

  const std::string directory_;
  SourceFormat format_;
  CameraClock& clock_;
  Pacer pacer_;
  std::vector<File> files_;
  size_t turn_ = 0;
};

}  // namespace fanlight
