// SPDX-License-Identifier: Apache-2.0
// LatestSource: the newest JPEG of a folder, or a single file, as another program writes it:
// raspistill, rpicam-still, gphoto2, a camera that uploads by FTP.
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

// When the picture in `file` was taken: from its EXIF, else from the file's modification time.
// Never later than that, because a camera's clock may be ahead or in an undeclared time zone.
WallTime capture_time(const PictureFile& file);

// Owns: the newest picture.
// Thread: see Source.
// Invariants: each picture is handed over as new once: not for a file that was only touched, nor
//   for one older than what was shown. Until the next one it is repeated every second
//   (Picture::is_repeat), as long as there is a file: one picture an hour is no fault.
// The newest is the file that was written last; of those written at the same time, the one reported
// last. A rate in the options limits the pictures shown per second; the rest are left out.
class LatestSource final : public Source {
 public:
  static constexpr size_t kPictureBytesMax = 256 << 20;

  // `path`: a folder, or a file, which counts whatever its time. Throws std::system_error: the
  // errors of open(2) and stat(2); ENOENT also when no file there is a whole JPEG.
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
  WallTime written_{};   // modification time of its file, or when it was found if that is earlier
  WallTime captured_{};  // when it was taken
  Instant captured_at_{};
  bool is_new_ = false;  // not yet handed over
  std::string problem_;  // of the file examined last
  Instant due_{};        // when the next picture may be handed over
  Instant repeat_at_{};
};

}  // namespace fanlight
