// SPDX-License-Identifier: Apache-2.0
// FilesSource: the JPEGs of a directory in turn, byte for byte, as others add, replace and remove
// them.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/source/camera_clock.h"
#include "capture/source/pacer.h"
#include "capture/source/picture_file.h"
#include "capture/source/picture_folder.h"
#include "capture/source/source.h"
#include "core/log.h"

namespace fanlight {

// Owns: the contents of the files that come first, up to `kept_bytes_max`; of the others their
//   names: each is read when its turn comes, so that a folder may be larger than the memory.
// Thread: see Source.
// Invariant: what is played is a whole JPEG. One that is being replaced is played as it was until
//   the new one is whole, where it was in memory; else it is left out until then.
// Default: 10 pictures a second. Sizes may differ from picture to picture. They loop, so their time
// of capture is when they are shown.
class FilesSource final : public Source {
 public:
  static constexpr size_t kKeptBytesMax = 256 << 20;
  static constexpr size_t kPictureBytesMax = 256 << 20;

  // Reads the files of `directory` in the order of their names' bytes. Hidden ones and what is not
  // a regular file are passed over; one that is not a whole JPEG or cannot be read is skipped with
  // a line in the log. Throws std::system_error: what open(2) says of the directory, ENOENT when
  // no picture is in it.
  FilesSource(std::string_view directory, const SourceOptions& options, CameraClock& clock,
              size_t kept_bytes_max = kKeptBytesMax);

  const SourceFormat& format() const override { return format_; }
  // Throws std::system_error, ENOENT, when the directory or its last picture is gone.
  std::optional<Picture> next(Instant deadline) override;

 private:
  struct File {
    std::vector<std::byte> jpeg;  // empty: it is read when its turn comes
    int width = 0;
    int height = 0;
  };

  void follow(LogLevel level);
  void take(const std::string& name, const FileVersion& version, LogLevel level);
  void keep(const std::string& name, PictureFile file);
  void forget(const std::string& name);
  void skip(const std::string& name, std::string_view problem, LogLevel level) const;
  bool turn();

  const std::string shown_;  // files:DIRECTORY
  SourceFormat format_;
  CameraClock& clock_;
  Pacer pacer_;
  PictureFolder folder_;
  size_t bytes_left_;  // that may still be kept
  std::map<std::string, File> files_;
  std::string last_;  // the name whose turn it was last
  File on_turn_;      // read for this turn
  const File* playing_ = nullptr;
};

}  // namespace fanlight
