// SPDX-License-Identifier: Apache-2.0
// LatestSource: the newest JPEG of a folder, or one file, as another program writes it: raspistill,
// rpicam-still, gphoto2, a camera that uploads by FTP.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "capture/source/camera_clock.h"
#include "capture/source/picture_file.h"
#include "capture/source/picture_folder.h"
#include "capture/source/source.h"

namespace fanlight {

// When the picture in `file` was taken: by its EXIF, else by when the file was written. A camera
// whose clock is ahead, or in another zone without saying so, took no picture after that.
WallTime capture_time(const PictureFile& file);

// Owns: the newest picture.
// Thread: see Source.
// Invariants: each picture is handed over as new once: not for a file that was only touched, nor
//   for one that is older than what was shown. Until the next one it is repeated every second
//   (Picture::is_repeat), as long as there is a file: one picture an hour is no fault.
// The newest is the file that was written last; of those that were written at once, the one that
// was told last. With a rate in the options that many are shown a second, and the others left out.
class LatestSource final : public Source {
 public:
  static constexpr size_t kPictureBytesMax = 256 << 20;

  // `path`: a folder, or a file, which counts whatever time it has. Throws std::system_error: what
  // open(2) and stat(2) say; ENOENT also when no file there is a whole JPEG.
  LatestSource(std::string_view path, const SourceOptions& options, CameraClock& clock);

  const SourceFormat& format() const override { return format_; }
  // Throws std::system_error, ENOENT, when the folder is gone.
  std::optional<Picture> next(Instant deadline) override;
  SourceDescription describe() const override;

 private:
  void look();
  bool is_news(const PictureFolder::Change& change) const;
  bool take(const PictureFolder::Change& change);
  Picture hand_over();

  const std::string shown_;  // latest:PATH
  CameraClock& clock_;
  const Duration pace_;  // least time between two pictures; 0: all of them
  PictureFolder folder_;
  SourceFormat format_;

  std::string name_;  // of the newest picture; empty before the first
  PictureFile newest_;
  WallTime written_{};   // when its file was, or was found if that is earlier
  WallTime captured_{};  // when it was taken
  Instant captured_at_{};
  bool is_new_ = false;  // it was not handed over yet
  std::string problem_;  // of the file that was looked at last
  Instant due_{};        // when the next picture may be handed over
  Instant repeat_at_{};
};

}  // namespace fanlight
