// SPDX-License-Identifier: Apache-2.0
// FilesSource: the JPEGs of a directory in turn, byte for byte, following additions, replacements
// and removals by other programs.
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

// Owns: the contents of the first files, up to `kept_bytes_max`; for the others only the names:
//   each is read when its turn comes, so a folder may be larger than memory.
// Thread: see Source.
// Invariant: only whole JPEGs are played. While a file is being replaced, its old content is played
//   if it is in memory; else the file is skipped until the new content is whole.
// Default: 10 pictures a second. Sizes may differ from picture to picture. The pictures loop, so
//   their capture time is the time when they are shown.
class FilesSource final : public Source {
 public:
  static constexpr size_t kKeptBytesMax = 256 << 20;
  static constexpr size_t kPictureBytesMax = 256 << 20;

  // Reads the files of `directory` in the byte order of their names. Hidden and non-regular files
  // are ignored; a file that is not a whole JPEG or cannot be read is skipped with a line in the
  // log. Throws std::system_error: open(2)'s errors for the directory, ENOENT when it has no
  // picture.
  FilesSource(std::string_view directory, const SourceOptions& options, CameraClock& clock,
              size_t kept_bytes_max = kKeptBytesMax);

  const SourceFormat& format() const override { return format_; }
  // Throws std::system_error, ENOENT, when the directory or its last picture is gone.
  std::optional<Picture> next(Instant deadline) override;

 private:
  struct File {
    std::vector<std::byte> jpeg;  // empty: read when its turn comes
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
  size_t bytes_left_;  // still available for keeping contents
  std::map<std::string, File> files_;
  std::string last_;  // name of the file that was played last
  File on_turn_;      // read for this turn
  const File* playing_ = nullptr;
};

}  // namespace fanlight
